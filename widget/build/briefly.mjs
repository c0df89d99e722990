// Build room, brevity: what the bundler's own minifier leaves undone.
import { readFileSync } from "node:fs";
import { minify } from "terser";

/** Terser finds some more to leave out; names are then the bundler's. @returns {import("vite").Plugin} */
export function briefly() {
  return {
    name: "briefly",
    async renderChunk(code, _, { format }) {
      const { code: brief } = await minify(code, {
        module: format === "es",
        ecma: 2020,
        compress: { passes: 3, keep_fargs: false, pure_getters: true, arrows: false, inline: 1, sequences: false },
        mangle: false,
        format: { comments: false },
      });
      return { code: brief ?? code, map: null };
    },
  };
}

/** Hints for bundlers have no use in what sites load as it is. @returns {import("vite").Plugin} */
export function withoutHints() {
  return {
    name: "without-hints",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) if (chunk.type === "chunk") chunk.code = chunk.code.replaceAll("/* @__PURE__ */ ", "");
    },
  };
}

/** One letter for each of our own custom properties, in the order of launcher.css, which both scripts go by. @returns {import("vite").Plugin} */
export function shortProperties() {
  const declared = readFileSync(new URL("../src/view/launcher.css", import.meta.url), "utf8").matchAll(/(--_[\w-]+):/g);
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const names = new Map([...new Set([...declared].map(([, name]) => name))].map((name, index) => [name, `--${letters[index] ?? name}`]));
  return {
    name: "short-properties",
    enforce: "pre",
    transform: (code, id) =>
      /\.css(\?|$)/.test(id) ? { code: code.replace(/--_[\w-]+/g, (name) => names.get(name) ?? name), map: null } : null,
  };
}
