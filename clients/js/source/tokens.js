// A document's tokens, wherever they were made. All memory is JavaScript's own: no array is ever detached, and nothing
// has to be freed.
import { placeOf, textOf } from "./document.js";
import { issueKindName, kindName, numberColumns } from "./names.js";

/** Names of control sequences, one behind the other: that of token i is bytes [offsets[i], offsets[i + 1]). */
export class Names {
  constructor(offsets, bytes) {
    this.offsets = offsets;
    this.bytes = bytes;
    Object.freeze(this);
  }

  get length() {
    return this.offsets.length - 1;
  }

  /** The name of token `index`; empty if it is no control sequence. */
  at(index) {
    if (!(index >= 0 && index < this.length)) return undefined;
    return textOf(this.bytes, this.offsets[index], this.offsets[index + 1]);
  }

  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; ++index) yield this.at(index);
  }
}

const allColumns = Object.freeze(["kinds", ...numberColumns, "names"]);

export class Tokens {
  #columns;
  #derive;
  #issueColumns;
  #issues;

  /**
   * `columns` holds those that are there. `derive` makes others, by an array of their names, and gives an object with
   * them; without it what is not there was not asked for. `issueColumns` has `kinds` and `offsets`, or is undefined.
   */
  constructor({ document, regime, view, columnUnit, length, issueCount, issueColumns, columns, derive }) {
    this.document = document;
    this.regime = regime;
    this.view = view;
    this.columnUnit = columnUnit;
    this.length = length;
    this.issueCount = issueCount;
    this.#columns = { ...columns };
    this.#derive = derive;
    this.#issueColumns = issueColumns;
    Object.freeze(this);
  }

  get kinds() {
    return this.#column("kinds");
  }
  get starts() {
    return this.#column("starts");
  }
  get ends() {
    return this.#column("ends");
  }
  get codes() {
    return this.#column("codes");
  }
  get lines() {
    return this.#column("lines");
  }
  get columns() {
    return this.#column("columns");
  }
  get names() {
    return this.#column("names");
  }

  /** The issues that were kept, the first ones; `issueCount` is of all. */
  get issues() {
    if (this.#issueColumns === undefined) throw notAskedFor(["issues"]);
    const { kinds, offsets } = this.#issueColumns;
    this.#issues ??= Object.freeze(
      Array.from(kinds, (kind, index) => Object.freeze({ kind, name: issueKindName(kind), offset: offsets[index] })),
    );
    return this.#issues;
  }

  /** Derives columns in one pass over the document, where each alone would take a pass of its own. */
  derive(names = allColumns) {
    for (const name of names) {
      if (!allColumns.includes(name))
        throw new RangeError(`texlex: there is no column ${JSON.stringify(name)}; there are ${allColumns.join(", ")}`);
    }
    const missing = names.filter((name) => this.#columns[name] === undefined);
    if (missing.length === 0) return this;
    if (this.#derive === undefined) throw notAskedFor(missing);
    Object.assign(this.#columns, this.#derive(missing));
    return this;
  }

  /** Token `index` with all that is known of it; undefined if there is none. */
  at(index) {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) return undefined;
    this.derive();
    return this.#token(index);
  }

  *[Symbol.iterator]() {
    this.derive();
    for (let index = 0; index < this.length; ++index) yield this.#token(index);
  }

  /** The line and column, from 1, of the character that begins at a byte offset: of an issue, say. */
  place(offset) {
    if (!(Number.isInteger(offset) && offset >= 0 && offset <= this.document.length))
      throw new RangeError(`texlex: offset ${String(offset)} is not in this document of ${this.document.length} bytes`);
    return placeOf(this.document, offset, this.columnUnit, this.regime.endsWith("-8bit"));
  }

  #column(name) {
    return this.#columns[name] ?? this.derive([name]).#columns[name];
  }

  #token(index) {
    const { kinds, starts, ends, codes, lines, columns, names } = this.#columns;
    const start = starts[index];
    const end = ends[index];
    return {
      kind: kinds[index],
      kindName: kindName(kinds[index]),
      text: textOf(this.document, start, end),
      start,
      end,
      line: lines[index],
      column: columns[index],
      code: codes[index],
      name: names.at(index),
    };
  }
}

function notAskedFor(names) {
  const list = names.join(", ");
  return new Error(`texlex: not asked of the server: ${list}; name it in the option columns, or leave that out`);
}
