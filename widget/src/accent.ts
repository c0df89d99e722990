// Accent room: turns a site's one colour into a readable set for light and dark. Pure arithmetic; imports nothing.
// Contrast follows WCAG 2.2 (relative luminance; 4.5 : 1 for text).

type Rgb = readonly [number, number, number];

export interface AccentColours {
  /** Fills: buttons, the visitor's own messages, the header. */
  readonly fill: string;
  /** Text on that fill. */
  readonly onFill: string;
  /** The accent as text on a light and on a dark surface. */
  readonly textOnLight: string;
  readonly textOnDark: string;
}

const LIGHT: Rgb = [255, 255, 255];
const INK: Rgb = [16, 32, 38];
const BLACK: Rgb = [0, 0, 0];
const DARK: Rgb = [23, 36, 42];
const ENOUGH = 4.5;

/** Reads `#rgb` or `#rrggbb`; null for anything else. */
export function accentColours(value: string): AccentColours | null {
  const rgb = parseHex(value.trim());
  if (rgb === null) return null;
  return {
    fill: hex(rgb),
    // Of white and black one is always readable; our own ink is kinder where it is enough.
    onFill: hex([LIGHT, INK].find((text) => contrast(text, rgb) >= ENOUGH) ?? BLACK),
    textOnLight: hex(until(rgb, [0, 0, 0], LIGHT)),
    textOnDark: hex(until(rgb, [255, 255, 255], DARK)),
  };
}

/** Contrast ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

export function parseHex(value: string): Rgb | null {
  const match = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value);
  const digits = match?.[1];
  if (digits === undefined) return null;
  const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb;
}

/** Moves a colour towards another in small steps until it can be read on the surface. */
function until(colour: Rgb, towards: Rgb, surface: Rgb): Rgb {
  let mixed = colour;
  for (let step = 1; step <= 20 && contrast(mixed, surface) < ENOUGH; step += 1) {
    mixed = colour.map((part, index) => Math.round(part + ((towards[index] ?? 0) - part) * (step / 20))) as unknown as Rgb;
  }
  return mixed;
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number): number => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function hex(rgb: Rgb): string {
  return "#" + rgb.map((part) => part.toString(16).padStart(2, "0")).join("");
}
