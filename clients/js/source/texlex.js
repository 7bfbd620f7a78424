// texlex in process, whoever brings the WebAssembly module.
import { bytesOf } from "./document.js";
import { indexAmong, readTokenizeOptions, refuseUnknown, tokenizeOptions } from "./options.js";
import { documentBytesMax, Scanner } from "./scanner.js";
import { Names, Tokens } from "./tokens.js";

/** What `load` gives. Everything it makes is JavaScript's own and stays valid, whatever is done with this later. */
export class Texlex {
  #scanner;
  #kernelNumber;

  constructor(module, kernel) {
    this.#scanner = new Scanner(module);
    this.#kernelNumber = kernel === "best" ? 0 : indexAmong(this.#scanner.kernels, kernel, "kernel");
    Object.freeze(this);
  }

  /** Names of category-code regimes. */
  get regimes() {
    return this.#scanner.regimes;
  }
  /** The kernel that scans: "simd128" or "reference". */
  get kernel() {
    return this.#scanner.kernels[this.#kernelNumber];
  }
  /** Bytes of WebAssembly memory in use: some two times the largest document's. */
  get memoryBytes() {
    return this.#scanner.memoryBytes;
  }

  tokenize(document, options = {}) {
    refuseUnknown(options, tokenizeOptions, "tokenize");
    const { regime = "latex" } = options;
    const { view, viewNumber, columnUnit, unitNumber, issuesMax, copyDocument } = readTokenizeOptions(options);
    const regimeNumber = indexAmong(this.regimes, regime, "regime");
    const bytes = bytesOf(document, copyDocument);
    if (bytes.length > documentBytesMax)
      throw new RangeError(`texlex: a document of ${bytes.length} bytes; in process ${documentBytesMax} are the most`);
    const kernelNumber = this.#kernelNumber;
    const scanned = this.#scanner.scan(bytes, { regimeNumber, viewNumber, kernelNumber, issuesMax });
    return new Tokens({
      document: bytes,
      regime,
      view,
      columnUnit,
      length: scanned.count,
      issueCount: scanned.issueCount,
      issueColumns: { kinds: scanned.issueKinds, offsets: scanned.issueOffsets },
      columns: { kinds: scanned.kinds },
      derive: (names) => {
        const { names: found, ...made } = this.#scanner.derive(scanned, unitNumber, names);
        return found === undefined ? made : { ...made, names: new Names(found.offsets, found.bytes) };
      },
    });
  }

  /** Gives WebAssembly memory back until the next call. Tokens that were made stay as they are. */
  releaseMemory() {
    this.#scanner.release();
  }
}

// A function that makes a vector of 0: refused by an engine without SIMD128.
const simd128Probe = Uint8Array.of(
  0,
  0x61,
  0x73,
  0x6d,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  0x60,
  0,
  1,
  0x7b,
  3,
  2,
  1,
  0,
  10,
  8,
  1,
  6,
  0,
  0x41,
  0,
  0xfd,
  15,
  11,
);

export function hasSimd128() {
  return WebAssembly.validate(simd128Probe);
}

/** Reads the options of `load`; `compile` makes a WebAssembly.Module of a URL. */
export async function loadBy(compile, options) {
  refuseUnknown(options, ["kernel", "module"], "load");
  const { kernel = "best", module } = options;
  indexAmong(["best", "simd128", "reference"], kernel, "kernel");
  if (module instanceof WebAssembly.Module) return new Texlex(module, kernel);
  if (module !== undefined) throw new TypeError("texlex: module is a WebAssembly.Module; compile first what is none");
  const wide = kernel === "simd128" || (kernel === "best" && hasSimd128());
  return new Texlex(await compile(wide ? simd128Url : plainUrl), kernel);
}

const simd128Url = new URL("../build/texlex_simd128.wasm", import.meta.url);
const plainUrl = new URL("../build/texlex.wasm", import.meta.url);
