// Specifies the proof of work: right SHA-256, a solution in ALTCHA's form, and an end to what cannot be solved.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sha256, solve } from "../src/proof";

it("hashes as the standard says, at every length around a block", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 200 }), (text) => {
    expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
  }), { numRuns: 300 });
});

it("finds the number and sends it along with what it was asked", async () => {
  const salt = "abc?expires=1";
  const challenge = createHash("sha256").update(`${salt}321`).digest("hex");
  const solution: unknown = JSON.parse(atob(await solve({ algorithm: "SHA-256", challenge, salt, maxnumber: 1_000, signature: "s" })));
  expect(solution).toEqual({ algorithm: "SHA-256", challenge, number: 321, salt, signature: "s" });
});

it("gives up what has no solution and what it does not know", async () => {
  await expect(solve({ algorithm: "SHA-256", challenge: "x", salt: "y", maxnumber: 50, signature: "s" })).rejects.toThrow();
  await expect(solve({ algorithm: "MD5", challenge: "x", salt: "y", maxnumber: 50, signature: "s" })).rejects.toThrow();
});
