// Words room, packing: how catalogues travel (build/words.mjs makes them). Pure; imports nothing.

/** How far a script's letters are from the place in ASCII that they travel in. */
const DISTANCE: Readonly<Record<string, number>> = { ar: 0x5fe, hi: 0x8de };

/** Lets a script's letters and those of ASCII change places; twice gives the text again. */
export function swapped(text: string, language: string): string {
  const distance = DISTANCE[language] ?? 0;
  return text.replace(/[#-~\u0600-\u09ff]/g, (letter) => {
    const code = letter.charCodeAt(0);
    const other = code < 127 ? code + distance : code - distance;
    return code < 127 || (other > 34 && other < 127) ? String.fromCharCode(other) : letter;
  });
}
