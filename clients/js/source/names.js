// Numbers and their names, as docs/tokens.md and docs/protocol.md have them. A test holds these tables against what the
// kernels say.

/** Kinds of tokens by what they are; up to 13 they are TeX's category codes. */
export const Kind = Object.freeze({
  controlSequence: 0,
  beginGroup: 1,
  endGroup: 2,
  mathShift: 3,
  alignmentTab: 4,
  parameter: 6,
  superscript: 7,
  subscript: 8,
  space: 10,
  letter: 11,
  other: 12,
  active: 13,
  paragraph: 16,
  comment: 17,
  blank: 18,
  lineEnd: 19,
  ignored: 20,
  invalid: 21,
});

const kindWords = new Map([
  [Kind.paragraph, "par"],
  [Kind.comment, "comment"],
  [Kind.blank, "blank"],
  [Kind.lineEnd, "eol"],
  [Kind.ignored, "ignored"],
  [Kind.invalid, "invalid"],
]);
const kindNumbers = new Set(Object.values(Kind));

/** The name of a kind as `texlex tokens` prints it; undefined if the number is none. */
export function kindName(kind) {
  return kindNumbers.has(kind) ? (kindWords.get(kind) ?? String(kind)) : undefined;
}

const issueKinds = [
  undefined,
  "malformed-utf8",
  "nul-byte",
  "bidirectional-control",
  "invalid-character",
  "malformed-superscript",
  "unbalanced-group",
  "utf-16-text",
  "byte-order-mark",
];

/** The name of a kind of issue; undefined if the number is none that this version knows. */
export function issueKindName(kind) {
  return issueKinds[kind];
}

/** In the order of their numbers. */
export const views = Object.freeze(["tex", "source"]);
export const columnUnits = Object.freeze(["bytes", "code_points", "utf16"]);

/** Columns of four bytes a token, beside kinds. */
export const numberColumns = Object.freeze(["starts", "ends", "codes", "lines", "columns"]);
