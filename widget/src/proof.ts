// Proof room: solves the front desk's proof of work (ALTCHA's format, version 1).
// SHA-256 stands here by itself because the browser's own is closed to pages on plain http. Source: FIPS 180-4.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fraction of a root: the standard's constants, worked out instead of listed. */
function fraction(root: number): number {
  return ((root - Math.floor(root)) * 0x1_0000_0000) >>> 0;
}

for (let count = 0, candidate = 2; count < 64; candidate += 1) {
  let prime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) prime = false;
  if (!prime) continue;
  if (count < 8) START[count] = fraction(Math.sqrt(candidate));
  K[count] = fraction(Math.cbrt(candidate));
  count += 1;
}

const rotated = (value: number, by: number): number => (value >>> by) | (value << (32 - by));
/** Two rotations of a value and something besides. */
const mixed = (value: number, one: number, two: number, three: number): number => rotated(value, one) ^ rotated(value, two) ^ three;
const at = (list: Uint32Array, index: number): number => list[index] ?? 0;

/** SHA-256 of ASCII text, in hexadecimal. */
export function sha256(text: string): string {
  const length = text.length;
  const words = new Uint32Array((((length + 8) >> 6) + 1) * 16);
  for (let index = 0; index < length; index += 1) {
    words[index >> 2] = at(words, index >> 2) | (text.charCodeAt(index) << (24 - (index % 4) * 8));
  }
  words[length >> 2] = at(words, length >> 2) | (0x80 << (24 - (length % 4) * 8));
  words[words.length - 1] = length * 8;
  const state = Uint32Array.from(START);
  const w = new Uint32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let round = 0; round < 64; round += 1) {
      const x = at(w, round - 15);
      const y = at(w, round - 2);
      w[round] =
        round < 16
          ? at(words, block + round)
          : at(w, round - 16) + at(w, round - 7) + mixed(x, 7, 18, x >>> 3) + mixed(y, 17, 19, y >>> 10);
      const t1 = (h + mixed(e, 6, 11, rotated(e, 25)) + ((e & f) ^ (~e & g)) + at(K, round) + at(w, round)) | 0;
      const t2 = (mixed(a, 2, 13, rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, index) => {
      state[index] = at(state, index) + value;
    });
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** The most that a page is made to work: about a minute on a slow phone. */
const MOST = 5_000_000;
/** Milliseconds of work between two breaths of the page. */
const STRETCH = 12;

/**
 * Finds the number of a challenge. @returns the solution as it travels: base64 of JSON
 * @throws when the challenge is not of this kind or has no solution
 */
export async function solve(challenge: Readonly<Record<string, unknown>>): Promise<string> {
  const { algorithm, challenge: wanted, salt, signature, maxnumber } = challenge;
  if (algorithm !== "SHA-256" || typeof wanted !== "string" || typeof salt !== "string" || typeof maxnumber !== "number") {
    throw new Error("unknown kind of challenge");
  }
  const end = Math.min(maxnumber, MOST);
  let until = Date.now() + STRETCH;
  for (let number = 0; number <= end; number += 1) {
    if (sha256(`${salt}${number}`) === wanted) {
      return btoa(JSON.stringify({ algorithm, challenge: wanted, number, salt, signature }));
    }
    if (number % 64 === 0 && Date.now() > until) {
      await new Promise((resume) => setTimeout(resume));
      until = Date.now() + STRETCH;
    }
  }
  throw new Error("the challenge has no solution");
}
