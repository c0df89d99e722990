// Test room: logic runs in Node, anything that draws asks for jsdom in its own first line.
import { defineConfig } from "vitest/config";
import { packedWords } from "./build/words.mjs";

export default defineConfig({
  plugins: [packedWords()],
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
    // The machines that run this have few cores; one worker keeps timing tests honest.
    maxWorkers: 1,
    testTimeout: 30_000,
  },
});
