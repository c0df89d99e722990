// Back-off room: how long to wait before trying again. Pure functions; imports nothing.

export interface BackoffLimits {
  readonly first: number;
  readonly longest: number;
}

export const BACKOFF: BackoffLimits = { first: 1_000, longest: 30_000 };

/** A server may ask for a pause, but not park a visitor's message for days: an hour is the most we honour. */
export const LONGEST_PAUSE = 3_600_000;

/**
 * Milliseconds to wait after the given number of failures (1 = the first).
 * Doubles each time up to the longest; half of it is random so that many visitors do not return at the same instant.
 */
export function backoff(failures: number, limits: BackoffLimits = BACKOFF, random: () => number = Math.random): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 20);
  const ceiling = Math.min(limits.first * 2 ** exponent, limits.longest);
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/** Reads a `Retry-After` header (seconds or an HTTP date) into milliseconds from `now`, or null. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const value = header.trim();
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(Number(value) * 1_000, LONGEST_PAUSE);
  // Date.parse also takes words and bare numbers that are not HTTP dates; those all lack a comma or a time.
  const at = /[a-z]{3},? .*\d{2}:\d{2}/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(at - now, 0), LONGEST_PAUSE);
}
