// Build room: the panel and its parts as modules, then the one script that sites embed, which names the panel that was
// built with it, then the npm package. `dist/` is what the front desk serves and what npm packs.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const target = ["chrome111", "firefox115", "safari16.4"];
const shared = { target, reportCompressedSize: false, sourcemap: false, emptyOutDir: false, copyPublicDir: false };

rmSync(new URL("dist/", import.meta.url), { recursive: true, force: true });

/** @param {import("vite").InlineConfig} config */
const run = (config) => build({ root, configFile: false, logLevel: "warn", ...config });

/** @param {string} entry @param {string} outDir @param {string} name */
const modules = (entry, outDir, name) =>
  run({
    build: {
      ...shared,
      outDir,
      minify: true,
      // Parts are few and small; the helper that preloads their own parts would be larger than what it saves.
      modulePreload: false,
      lib: { entry, formats: ["es"], fileName: () => name },
      rolldownOptions: { output: { chunkFileNames: "[name].[hash:8].js", minify: true } },
    },
  });

await modules("src/app.ts", "dist/widget", "panel.js");
const panel = readFileSync(new URL("dist/widget/panel.js", import.meta.url));
await run({
  define: { PANEL_VERSION: JSON.stringify(createHash("sha256").update(panel).digest("hex").slice(0, 12)) },
  build: {
    ...shared,
    outDir: "dist",
    lib: { entry: "src/main.ts", formats: ["iife"], name: "chhaFrontdesk", fileName: () => "widget.js" },
  },
});
await modules("src/index.ts", "dist/npm", "index.js");
