/** TeX-faithful tokens of LaTeX documents, in process. */

/** "initex", "plain", "latex", "latex-package", "expl3", and these with "-8bit" behind. */
export type Regime = string;
/** "tex": exactly the tokens of TeX's scanner. "source": the same and trivia, so that each byte is in one token. */
export type View = "tex" | "source";
/** What columns count. */
export type ColumnUnit = "bytes" | "code_points" | "utf16";
export type ColumnName = "kinds" | "starts" | "ends" | "codes" | "lines" | "columns" | "names";

/** A string is encoded as UTF-8; offsets are of those bytes. */
export type Document = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

export interface TokenizeOptions {
  /** "latex" unless said. */
  regime?: Regime;
  /** "tex" unless said. */
  view?: View;
  /** "code_points" unless said. */
  columnUnit?: ColumnUnit;
  /** How many issues to keep, the first ones; 65536 unless said. All are counted. */
  issuesMax?: number;
  /** Whether the tokens keep a copy of the document. Without it its bytes must not change while they are used. */
  copyDocument?: boolean;
}

/** Numbers of kinds; up to 13 they are TeX's category codes. */
export declare const Kind: Readonly<{
  controlSequence: 0;
  beginGroup: 1;
  endGroup: 2;
  mathShift: 3;
  alignmentTab: 4;
  parameter: 6;
  superscript: 7;
  subscript: 8;
  space: 10;
  letter: 11;
  other: 12;
  active: 13;
  paragraph: 16;
  comment: 17;
  blank: 18;
  lineEnd: 19;
  ignored: 20;
  invalid: 21;
}>;

/** The name of a kind as `texlex tokens` prints it, such as "11" or "comment"; undefined if the number is none. */
export declare function kindName(kind: number): string | undefined;
/** The name of a kind of issue, such as "malformed-utf8"; undefined if this version knows none of that number. */
export declare function issueKindName(kind: number): string | undefined;

export interface Issue {
  readonly kind: number;
  readonly name: string | undefined;
  /** The byte it begins at. */
  readonly offset: number;
}

export interface Token {
  kind: number;
  kindName: string | undefined;
  /** Its bytes in the document, read as UTF-8. */
  text: string;
  /** The byte it begins at, and the one behind its last. */
  start: number;
  end: number;
  /** From 1. */
  line: number;
  column: number;
  /** The code point of a character; 32 of every space; else 0. */
  code: number;
  /** Of a control sequence, without the escape character, `^^` notation resolved; else empty. */
  name: string;
}

/** Names of control sequences, one behind the other: that of token i is bytes [offsets[i], offsets[i + 1]). */
export interface Names extends Iterable<string> {
  readonly length: number;
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
  at(index: number): string | undefined;
}

/** A document's tokens. All arrays have an entry a token and are JavaScript's own memory. */
export interface Tokens extends Iterable<Token> {
  readonly document: Uint8Array;
  readonly regime: Regime;
  readonly view: View;
  readonly columnUnit: ColumnUnit;
  readonly length: number;
  readonly kinds: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly codes: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint32Array;
  readonly names: Names;
  /** The issues that were kept, the first ones. */
  readonly issues: readonly Issue[];
  /** Of all issues. */
  readonly issueCount: number;
  /** Derives columns in one pass: all unless said which. */
  derive(names?: readonly ColumnName[]): this;
  at(index: number): Token | undefined;
  /** The line and column of the character that begins at a byte offset. */
  place(offset: number): { line: number; column: number };
}

export interface Texlex {
  readonly regimes: readonly Regime[];
  /** "simd128" or "reference". */
  readonly kernel: string;
  /** Bytes of WebAssembly memory in use. */
  readonly memoryBytes: number;
  tokenize(document: Document, options?: TokenizeOptions): Tokens;
  /** Gives WebAssembly memory back until the next call. Tokens that were made stay as they are. */
  releaseMemory(): void;
}

export interface LoadOptions {
  /** "best", unless said: "simd128" where the engine has it. All give the same tokens. */
  kernel?: "best" | "simd128" | "reference";
  /** The module, where it does not lie beside this package; of Node, a browser or a worker that was sent it. */
  module?: WebAssembly.Module;
}

/** Loads the WebAssembly module that is part of this package. */
export declare function load(options?: LoadOptions): Promise<Texlex>;
