// Specifies how long the widget waits before it tries again.
import { describe, expect, it } from "vitest";
import { backoff, LONGEST_PAUSE, retryAfter } from "../src/backoff";

const limits = { first: 1_000, longest: 30_000 };
const NOW = Date.parse("2026-11-22T10:00:00Z");

describe("back-off", () => {
  it("doubles with each failure up to the longest wait", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoff(failures, limits, () => 1));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("spreads visitors over half of the wait, and never waits less than the other half", () => {
    expect(backoff(3, limits, () => 0)).toBe(2_000);
    expect(backoff(3, limits, () => 0.5)).toBe(3_000);
  });
});

describe("Retry-After", () => {
  it("is read as seconds", () => {
    expect(retryAfter("12", NOW)).toBe(12_000);
    expect(retryAfter("0.5", NOW)).toBe(500);
  });

  it("is read as a date, never into the past", () => {
    expect(retryAfter("Sun, 22 Nov 2026 10:00:30 GMT", NOW)).toBe(30_000);
    expect(retryAfter("Sun, 22 Nov 2026 09:00:00 GMT", NOW)).toBe(0);
  });

  it("is honoured for an hour at most", () => {
    expect(retryAfter("999999", NOW)).toBe(LONGEST_PAUSE);
  });

  it("is ignored when it is missing or nonsense", () => {
    for (const header of [null, "", "soon", "-5", "next monday"]) expect(retryAfter(header, NOW)).toBeNull();
  });
});
