// Size gate: fails when what sites load grows beyond its promises: the launcher that every page gets, and everything that
// one visitor may load (the launcher, the panel, the largest catalogue of words, the solver of challenges).
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMITS = { launcher: 8, all: 45 };
const dist = new URL("dist/", import.meta.url);

/** @param {string} name */
const measured = (name) => {
  const script = readFileSync(new URL(name, dist));
  return { name, plain: script.length, gzip: gzipSync(script, { level: 9 }).length, brotli: brotliCompressSync(script).length };
};

let files;
try {
  files = ["widget.js", ...readdirSync(new URL("widget/", dist)).map((name) => `widget/${name}`)].map(measured);
} catch {
  console.error("widget/dist/ is missing. Run `npm run build` first.");
  process.exit(2);
}

/** @param {number} bytes */
const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(7);
console.log("                              plain    gzip  brotli  (KiB)");
for (const { name, plain, gzip, brotli } of files) console.log(name.padEnd(28) + kib(plain) + kib(gzip) + kib(brotli));

const launcher = files[0]?.gzip ?? 0;
const all = files.reduce((sum, { gzip }) => sum + gzip, 0);
console.log(`launcher ${kib(launcher)} KiB gzip, limit ${LIMITS.launcher}; all files together ${kib(all)} KiB gzip`);
const words = files.filter(({ name }) => /\/(?:es|ar|hi|pt|fr|zh)/.test(name)).map(({ gzip }) => gzip);
const visitor = all - words.reduce((sum, gzip) => sum + gzip, 0) + Math.max(0, ...words);
console.log(`most that one visitor loads ${kib(visitor)} KiB gzip, limit ${LIMITS.all}`);
if (launcher > LIMITS.launcher * 1024 || visitor > LIMITS.all * 1024) {
  console.error("The widget is larger than its promise.");
  process.exit(1);
}
