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

const sum = (/** @type {number[]} */ sizes) => sizes.reduce((total, size) => total + size, 0);
const launcher = files[0]?.gzip ?? 0;
const isWords = (/** @type {{ name: string }} */ { name }) => /\/(?:es|ar|hi|pt|fr|zh)/.test(name);
const words = files.filter(isWords).map(({ gzip }) => gzip);
const code = sum(files.filter((file) => !isWords(file)).map(({ gzip }) => gzip));
// English is in the code; of the other catalogues a visitor loads the one that they choose.
const visitor = code + Math.max(0, ...words);
console.log(`launcher                     ${kib(launcher)} KiB gzip, limit ${LIMITS.launcher}`);
console.log(`all code, English included   ${kib(code)} KiB gzip`);
console.log(`all that a visitor may load  ${kib(visitor)} KiB gzip, limit ${LIMITS.all} (with the largest other language)`);
console.log(`the ${words.length} other languages        ${kib(sum(words))} KiB gzip together`);
if (launcher > LIMITS.launcher * 1024 || visitor > LIMITS.all * 1024) {
  console.error("The widget is larger than its promise.");
  process.exit(1);
}
