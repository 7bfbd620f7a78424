// Documents that hold what scanners go astray at, from a seed.

/** Numbers from a seed, so that what a test met can be met again (mulberry32). */
export function numbersFrom(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The seed of this run: that of TEXLEX_SEED, or a new one. A test prints it where it fails. */
export const seed = process.env.TEXLEX_SEED === undefined ? Date.now() >>> 0 : Number(process.env.TEXLEX_SEED) >>> 0;

const pieces = [
  "\\",
  "\\foo",
  "\\@bar",
  "{",
  "}",
  "$",
  "&",
  "#",
  "^",
  "_",
  "~",
  "%",
  " ",
  "  ",
  "\t",
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  "a",
  "longer words here ",
  "^^M",
  "^^5c",
  "^^^^00e9",
  "^^^^zz",
  "é",
  "Größe",
  "日本語",
  "𝔸",
  "\u200f",
  "\u202e",
  "\ufeff",
  "\0",
  "\x7f",
  "% comment \n",
  "\\verb|%|",
  "\\begin{verbatim}\n",
  "   \n",
  "\\ ",
  "x".repeat(70),
  " ".repeat(65),
].map((piece) => [...Buffer.from(piece)]);
const malformed = [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xc0, 0xaf]];

export function awkwardDocument(next, piecesMax) {
  const bytes = [];
  for (let left = next(piecesMax); left > 0; --left) {
    const from = next(12) === 0 ? malformed : pieces;
    bytes.push(...from[next(from.length)]);
  }
  return Uint8Array.from(bytes);
}
