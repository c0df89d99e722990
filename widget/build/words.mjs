// Build room, packed words: catalogues are written with their keys (src/words/), and travel as lines in the order of English.
// Letters of other scripts change places with those of ASCII, which compress better; src/words/packing.ts undoes all this.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const WORDS = new URL("../src/words/", import.meta.url);
const PACKS = { latin: ["es", "pt", "fr"], arabic: ["ar"], devanagari: ["hi"], chinese: ["zh-hans"] };

/** @param {string} name @returns {Promise<any>} */
async function module(name) {
  const { outputText } = ts.transpileModule(readFileSync(new URL(`${name}.ts`, WORDS), "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

/** @param {string} name @returns {Promise<{ language: string, texts: Record<string, string> }>} */
const catalogue = async (name) => (await module(name)).default;
/** @type {typeof import("../src/words/packing")} */
const { swapped } = await module("packing");

/** Makes the modules `packed:latin` and so on. @returns {import("vite").Plugin} */
export function packedWords() {
  const resolved = "\0packed:";
  return {
    name: "packed-words",
    resolveId: (id) => (id.startsWith("packed:") ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(resolved)) return null;
      const names = PACKS[/** @type {keyof typeof PACKS} */ (id.slice(resolved.length))];
      const keys = Object.keys((await catalogue("en")).texts);
      const packs = names.map(async (name) => {
        this.addWatchFile(fileURLToPath(new URL(`${name}.ts`, WORDS)));
        const { language, texts } = await catalogue(name);
        const missing = [...keys.filter((key) => !(key in texts)), ...Object.keys(texts).filter((key) => !keys.includes(key))];
        if (missing.length > 0) throw new Error(`src/words/${name}.ts and en.ts differ: ${missing.join(", ")}`);
        return [language, swapped(keys.map((key) => texts[key]).join("\n"), language)];
      });
      return `export default ${JSON.stringify(Object.fromEntries(await Promise.all(packs)))}`;
    },
  };
}
