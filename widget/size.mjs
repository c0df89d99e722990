// Size gate: fails when the one script that sites load grows beyond its promise (45 KiB gzipped).
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMIT_KIB = 45;
const file = new URL("dist/widget.js", import.meta.url);

let script;
try {
  script = readFileSync(file);
} catch {
  console.error("widget/dist/widget.js is missing. Run `npm run build` first.");
  process.exit(2);
}

/** @param {number} bytes */
const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(6) + " KiB";
const gzipped = gzipSync(script, { level: 9 }).length;

console.log(`widget.js  ${kib(script.length)} plain`);
console.log(`           ${kib(brotliCompressSync(script).length)} brotli`);
console.log(`           ${kib(gzipped)} gzip, limit ${LIMIT_KIB} KiB`);
if (gzipped > LIMIT_KIB * 1024) {
  console.error(`The widget is larger than its promise of ${LIMIT_KIB} KiB gzipped.`);
  process.exit(1);
}
