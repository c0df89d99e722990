// Build room, shared parts: what the launcher has loaded already the panel takes from it instead of bringing it again.
// src/main.ts lays the parts out on the element's class.
import { fileURLToPath } from "node:url";

const SHARED = {
  "settings.ts": ["fits"],
  "storage.ts": ["openArea", "PREFIX", "Storage"],
  "view/dom.ts": ["button", "focusedWithin", "make", "setAll", "setText"],
  "view/drawing.ts": ["drawing"],
  "words/catalogue.ts": ["LANGUAGES"],
};

/** For the panel's build alone. @returns {import("vite").Plugin} */
export function fromLauncher() {
  const source = fileURLToPath(new URL("../src/", import.meta.url));
  const taken = "\0launcher:";
  return {
    name: "from-launcher",
    enforce: "pre",
    async resolveId(id, importer) {
      const found = await this.resolve(id, importer, { skipSelf: true });
      const name = found?.id.startsWith(source) ? found.id.slice(source.length) : "";
      return name in SHARED ? taken + name : found;
    },
    load(id) {
      if (!id.startsWith(taken)) return null;
      const names = SHARED[/** @type {keyof typeof SHARED} */ (id.slice(taken.length))];
      return `export const { ${names.join(", ")} } = customElements.get("chha-frontdesk").shared;`;
    },
  };
}
