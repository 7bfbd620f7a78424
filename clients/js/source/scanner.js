// The WebAssembly module: one document at a time lies in its memory, and what comes out is copied at once. So that
// memory may grow, which detaches every view on it, or be given up, and no result is touched.
import { numberColumns } from "./names.js";

/** Documents are no larger, so that one, its tokens and its issues fit into the 4 GiB of a module. */
export const documentBytesMax = 2 ** 30;

// Memory of a module never shrinks. Where it is larger than this and much larger than needed, a new module replaces it.
const memoryBytesKept = 64 * 2 ** 20;

const wantedBits = { ends: 1, codes: 2, lines: 4, columns: 8, names: 16 };
const latin1 = new TextDecoder("latin1");

export class Scanner {
  #module;
  #exports;
  #resident; // whose document, kinds and starts lie in the module's memory

  constructor(module) {
    this.#module = module;
    this.#begin();
    this.regimes = this.#list("regime_name");
    this.kernels = this.#list("kernel_name");
  }

  kindName(kind) {
    return this.#text(this.#exports.kind_name(kind));
  }
  issueKindName(kind) {
    return this.#text(this.#exports.issue_kind_name(kind));
  }

  /** How many bytes the module's memory has; 0 after `release`. */
  get memoryBytes() {
    return this.#exports === undefined ? 0 : this.#exports.memory.buffer.byteLength;
  }

  /** Gives the module's memory back. Results stay; the next call begins with a new one. */
  release() {
    this.#exports = undefined;
    this.#resident = undefined;
  }

  /** What a document's tokens are: `kinds`, `startBits`, `count`, `issueCount`, `issueKinds`, `issueOffsets`. */
  scan(document, { regimeNumber, viewNumber, kernelNumber, issuesMax }) {
    return this.#guarded(() => {
      const issues = Math.min(issuesMax, 2 * document.length + 2);
      this.#forgetLargeMemory(2.2 * document.length + 8 * issues);
      const at = this.#reserve(document.length, issues);
      const { memory, scan, issue_count, kinds, start_bits } = this.#exports;
      new Uint8Array(memory.buffer, at, document.length).set(document);
      const count = scan(document.length, regimeNumber, viewNumber, kernelNumber, issues) >>> 0;
      const issueCount = issue_count() >>> 0;
      const result = {
        document,
        regimeNumber,
        viewNumber,
        kernelNumber,
        count,
        kinds: new Uint8Array(memory.buffer, kinds() >>> 0, count).slice(),
        startBits: new Uint8Array(memory.buffer, start_bits() >>> 0, startBytes(document.length)).slice(),
        issueCount,
        ...this.#issues(Math.min(issueCount, issues)),
      };
      this.#resident = result;
      return result;
    });
  }

  /** Columns of a scan, by their names. */
  derive(scanned, unitNumber, names) {
    return this.#guarded(() => {
      this.#restore(scanned);
      const { begin_window, next_window } = this.#exports;
      const what = names.reduce((bits, name) => bits | (wantedBits[name] ?? 0), 0);
      const { document, count, regimeNumber, viewNumber, kernelNumber } = scanned;
      begin_window(document.length, count, regimeNumber, viewNumber, kernelNumber, unitNumber, what);
      const columns = numberColumns.filter((name) => names.includes(name)).map((name) => new NumberColumn(name, count));
      const nameColumn = names.includes("names") ? new NameColumn(count) : undefined;
      let token = 0;
      for (let tokens = next_window(); tokens > 0; tokens = next_window()) {
        for (const column of columns) column.take(this.#exports, token, tokens);
        nameColumn?.take(this.#exports, token, tokens);
        token += tokens;
      }
      const made = Object.fromEntries(columns.map((column) => [column.name, column.entries]));
      return nameColumn === undefined ? made : { ...made, names: nameColumn.finish() };
    });
  }

  #begin() {
    this.#exports = new WebAssembly.Instance(this.#module, {}).exports;
    this.#exports._initialize();
  }

  // A trap leaves the module in no state to go on from.
  #guarded(call) {
    if (this.#exports === undefined) this.#begin();
    try {
      return call();
    } catch (error) {
      this.release();
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      throw new RangeError("texlex: the WebAssembly module stopped, most likely for lack of memory", {
        cause: error,
      });
    }
  }

  #forgetLargeMemory(needed) {
    if (this.memoryBytes <= memoryBytesKept || 4 * needed > this.memoryBytes) return;
    this.release();
    this.#begin();
  }

  #reserve(bytes, issues) {
    this.#resident = undefined;
    const at = this.#exports.reserve(bytes, issues) >>> 0;
    if (at === 0) throw new RangeError(`texlex: there is no memory for a document of ${bytes} bytes and its tokens`);
    return at;
  }

  #restore(scanned) {
    if (this.#resident === scanned) return;
    const at = this.#reserve(scanned.document.length, 0);
    const { memory, kinds, start_bits } = this.#exports;
    new Uint8Array(memory.buffer, at, scanned.document.length).set(scanned.document);
    new Uint8Array(memory.buffer, kinds() >>> 0, scanned.count).set(scanned.kinds);
    new Uint8Array(memory.buffer, start_bits() >>> 0, scanned.startBits.length).set(scanned.startBits);
    this.#resident = scanned;
  }

  // An issue is its kind, three bytes of nothing, and its offset.
  #issues(count) {
    const at = new DataView(this.#exports.memory.buffer, this.#exports.issues() >>> 0, 8 * count);
    const issueKinds = new Uint8Array(count);
    const issueOffsets = new Uint32Array(count);
    for (let i = 0; i < count; ++i) {
      issueKinds[i] = at.getUint8(8 * i);
      issueOffsets[i] = at.getUint32(8 * i + 4, true);
    }
    return { issueKinds, issueOffsets };
  }

  #text(at) {
    const bytes = new Uint8Array(this.#exports.memory.buffer, at);
    return latin1.decode(bytes.slice(0, bytes.indexOf(0)));
  }

  #list(name) {
    const names = [];
    for (let at = this.#exports[name](0); at !== 0; at = this.#exports[name](names.length)) names.push(this.#text(at));
    return Object.freeze(names);
  }
}

const startBytes = (documentBytes) => 8 * (Math.floor(documentBytes / 64) + 1);

class NumberColumn {
  constructor(name, count) {
    this.name = name;
    this.entries = new Uint32Array(count);
  }

  take(exports, token, tokens) {
    const at = exports[`window_${this.name}`]() >>> 0;
    this.entries.set(new Uint32Array(exports.memory.buffer, at, tokens), token);
  }
}

class NameColumn {
  #offsets;
  #parts = [];
  #bytes = 0;

  constructor(count) {
    this.#offsets = new Uint32Array(count + 1);
  }

  take(exports, token, tokens) {
    const ends = new Uint32Array(exports.memory.buffer, exports.window_name_ends() >>> 0, tokens);
    for (let i = 0; i < tokens; ++i) this.#offsets[token + i + 1] = this.#bytes + ends[i];
    const bytes = ends[tokens - 1];
    this.#parts.push(new Uint8Array(exports.memory.buffer, exports.window_names() >>> 0, bytes).slice());
    this.#bytes += bytes;
  }

  finish() {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { offsets: this.#offsets, bytes };
  }
}
