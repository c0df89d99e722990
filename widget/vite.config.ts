// Build room: one self-contained script from src/main.ts. Nothing here may split the output or add a second file,
// because sites embed exactly one script tag.
import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: ["chrome111", "firefox115", "safari16.4"],
    lib: {
      entry: "src/main.ts",
      formats: ["iife"],
      name: "chhaFrontdesk",
      fileName: () => "widget.js",
    },
    // No source map beside the script: it would be a second public file, and the source is open anyway.
    sourcemap: false,
    reportCompressedSize: false,
  },
});
