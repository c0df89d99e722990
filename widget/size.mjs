// Size gate: fails when what sites load grows beyond its promises: the launcher that every page gets, and all that a page can
// load together, every language included. What a page can load is what stands in dist/; the npm package is another copy of
// it for sites with a build of their own, and no page loads both.
import { readdirSync, readFileSync, statSync } from "node:fs";
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
  const names = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => statSync(new URL(name, dist)).isFile());
  files = names.map(measured).sort((a, b) => b.gzip - a.gzip);
} catch {
  console.error("widget/dist/ is missing. Run `npm run build` first.");
  process.exit(2);
}

/** @param {number} bytes */
const kib = (bytes) => (bytes / 1024).toFixed(2).padStart(7);
console.log("                         plain    gzip  brotli  (KiB)");
for (const { name, plain, gzip, brotli } of files) console.log(name.padEnd(23) + kib(plain) + " " + kib(gzip) + " " + kib(brotli));

const launcher = files.find(({ name }) => name === "widget.js")?.gzip ?? Infinity;
const all = files.reduce((total, { gzip }) => total + gzip, 0);
console.log(`launcher               ${kib(launcher)} KiB gzip, limit ${LIMITS.launcher}`);
console.log(`all that a page can load${kib(all)} KiB gzip, limit ${LIMITS.all}`);
if (launcher > LIMITS.launcher * 1024 || all > LIMITS.all * 1024) {
  console.error("The widget is larger than its promise.");
  process.exit(1);
}
