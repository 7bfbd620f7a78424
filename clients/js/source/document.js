// Documents as bytes, and places in them.

/** A document's bytes: those given, or a string's in UTF-8 (a lone surrogate is U+FFFD). Shared memory is copied. */
export function bytesOf(document, copyDocument) {
  if (typeof document === "string") return new TextEncoder().encode(document);
  let bytes;
  if (document instanceof Uint8Array) {
    bytes = document;
  } else if (ArrayBuffer.isView(document)) {
    bytes = new Uint8Array(document.buffer, document.byteOffset, document.byteLength);
  } else if (isBuffer(document)) {
    bytes = new Uint8Array(document);
  } else {
    throw new TypeError("texlex: a document is a string, a Uint8Array or an ArrayBuffer");
  }
  // Whoever shares memory may change it at any time, and a TextDecoder does not read it.
  return copyDocument || !(bytes.buffer instanceof ArrayBuffer) ? Uint8Array.from(bytes) : bytes;
}

function isBuffer(value) {
  if (value instanceof ArrayBuffer) return true;
  return typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

/** Bytes [start, end) read as UTF-8, each malformed part as U+FFFD. */
export function textOf(document, start, end) {
  if (end - start === 1 && document[start] < 0x80) return ascii[document[start]];
  return end > start ? decoder.decode(document.subarray(start, end)) : "";
}

const lineFeed = 10;
const carriageReturn = 13;

function endsLine(document, at) {
  const byte = document[at];
  return byte === lineFeed || (byte === carriageReturn && document[at + 1] !== lineFeed);
}

/** The line and column, from 1, of the character that begins at byte `offset`, as the kernels count them. */
export function placeOf(document, offset, columnUnit, eightBit) {
  let line = 1;
  let begin = 0;
  for (let at = 0; at < offset; ++at) {
    if (!endsLine(document, at)) continue;
    ++line;
    begin = at + 1;
  }
  return { line, column: 1 + lengthOf(document.subarray(begin, offset), columnUnit, eightBit) };
}

function lengthOf(bytes, columnUnit, eightBit) {
  if (eightBit || columnUnit === "bytes") return bytes.length;
  const text = decoder.decode(bytes);
  if (columnUnit === "utf16") return text.length;
  let characters = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) ++characters;
  return characters;
}
