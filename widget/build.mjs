// Build room: the panel and its parts as modules, then the one script that sites embed, which names the panel that was
// built with it, then the npm package. `dist/` is what pages load, `npm/` what npm packs.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { briefly, shortProperties, withoutHints } from "./build/briefly.mjs";
import { privateToLocal } from "./build/closures.mjs";
import { shortNames } from "./build/names.mjs";
import { fromLauncher } from "./build/shared.mjs";
import { packedWords } from "./build/words.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const target = ["chrome111", "firefox115", "safari16.4"];
// The stylesheets hold nothing that older ones lack; for them the minifier would only prepare what is not used.
const cssTarget = ["chrome123", "firefox121", "safari17.5"];
const shared = { target, cssTarget, reportCompressedSize: false, sourcemap: false, emptyOutDir: false, copyPublicDir: false };

const names = shortNames(root);

for (const made of ["dist/", "npm/"]) rmSync(new URL(made, import.meta.url), { recursive: true, force: true });

/** @param {import("vite").InlineConfig} config @param {import("vite").Plugin[]} plugins */
const run = (config, plugins = []) =>
  build({ root, configFile: false, logLevel: "warn", plugins: [packedWords(), ...plugins, names, privateToLocal(), shortProperties(), briefly()], ...config });

/** @param {string} entry @param {string} outDir @param {string} name @param {import("vite").Plugin[]} plugins */
const modules = (entry, outDir, name, plugins = []) =>
  run({
    build: {
      ...shared,
      outDir,
      minify: true,
      // Parts are few and small; the helper that preloads their own parts would be larger than what it saves.
      modulePreload: false,
      lib: { entry, formats: ["es"], fileName: () => name },
      rolldownOptions: { output: { chunkFileNames: "[hash:8].js", minify: true } },
    },
  }, plugins);

await modules("src/app.ts", "dist/widget", "panel.js", [fromLauncher(), withoutHints()]);
const panel = readFileSync(new URL("dist/widget/panel.js", import.meta.url));
await run({
  define: { PANEL_VERSION: JSON.stringify(createHash("sha256").update(panel).digest("hex").slice(0, 12)) },
  build: {
    ...shared,
    outDir: "dist",
    lib: { entry: "src/main.ts", formats: ["iife"], name: "chhaFrontdesk", fileName: () => "widget.js" },
  },
});
await modules("src/index.ts", "npm", "index.js");
