// What the client receives, each field checked: whatever a server sends, reading it ends with a result or a
// ProtocolError, and nothing outside the payload is looked at.
import { columnUnits, views } from "../names.js";
import { ProtocolError, Status } from "./errors.js";
import { columnBits, featureGoingAway, magic, padded } from "./frames.js";

const headBytes = 64;
const entryBytes = 16;
const goingAwayBytes = 24;
const alignment = 64;

/** How the columns are laid out: by id, of which column they are part, the bytes of an entry, and what they hold. */
const layouts = new Map([
  [1, { column: "kinds", part: "kinds", width: 1, entries: "tokens" }],
  [2, { column: "starts", part: "starts", width: 4, entries: "tokens" }],
  [3, { column: "ends", part: "ends", width: 4, entries: "tokens" }],
  [4, { column: "codes", part: "codes", width: 4, entries: "tokens" }],
  [5, { column: "lines", part: "lines", width: 4, entries: "tokens" }],
  [6, { column: "columns", part: "columns", width: 4, entries: "tokens" }],
  [7, { column: "names", part: "nameOffsets", width: 4, entries: "tokens and one" }],
  [8, { column: "names", part: "nameBytes", width: 1, entries: "any" }],
  [9, { column: "issues", part: "issueKinds", width: 1, entries: "issues" }],
  [10, { column: "issues", part: "issueOffsets", width: 4, entries: "issues" }],
]);

function require(holds, what) {
  if (!holds) throw new ProtocolError(`texlexd's answer makes no sense: ${what}`);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes, what) {
  try {
    return strict.decode(bytes);
  } catch {
    throw new ProtocolError(`texlexd's answer makes no sense: names of ${what} that are no UTF-8`);
  }
}

const viewOf = (payload) => new DataView(payload.buffer, payload.byteOffset, payload.byteLength);

/** A number of eight bytes that must be one JavaScript has. */
function bytesAt(view, at) {
  const high = view.getUint32(at + 4, true);
  require(high < 2 ** 21, "a length of more than 2^53 bytes");
  return high * 2 ** 32 + view.getUint32(at, true);
}

export function decodeHelloResponse(payload) {
  require(payload.length >= headBytes, `a hello response of ${payload.length} bytes`);
  const view = viewOf(payload);
  require(view.getUint32(0, true) === magic, "a hello response that does not begin with TXLX");
  const fixed = view.getUint16(6, true);
  require(fixed >= headBytes && fixed <= payload.length, `a fixed part of ${fixed} bytes in the hello response`);
  const names = textOf(payload.subarray(fixed), "regimes").split("\n");
  require(names.pop() === "", "a regime's name without a line feed behind it");
  const hello = {
    version: view.getUint16(4, true),
    columns: view.getUint32(12, true),
    documentBytesMax: bytesAt(view, 16),
    requestsPerConnectionMax: view.getUint32(24, true),
    issuesMax: view.getUint32(28, true),
    headBytesMax: view.getUint32(32, true),
    batchDocumentsMax: view.getUint32(36, true),
    regimes: Object.freeze(names),
  };
  require(hello.requestsPerConnectionMax >= 1, "a connection may have no requests");
  require(names.length >= 1 && names.every((name) => name.length > 0), "a regime without a name");
  return Object.freeze(hello);
}

/** Whether a hello response says that the server tells when it goes. */
export const tellsGoingAway = (payload) => (viewOf(payload).getUint32(8, true) & featureGoingAway) !== 0;

/** The id of the last request that the server takes; 0 if it takes none. */
export function decodeGoingAway(payload) {
  require(payload.length >= goingAwayBytes, `a going-away frame of ${payload.length} bytes`);
  const view = viewOf(payload);
  require(view.getUint32(0, true) === magic, "a going-away frame that does not begin with TXLX");
  require(view.getUint16(4, true) >= 2, `a going-away frame of version ${view.getUint16(4, true)}`);
  return bytesAt(view, 16);
}

/** A response of version 1: a status, and of an overload how long to wait. */
export function decodeResponse(payload) {
  require(payload.length === 13, `a response of version 1 of ${payload.length} bytes`);
  const view = viewOf(payload);
  const status = view.getUint32(0);
  require(status !== Status.ok, "a response of version 1 that is ok, where none was asked for");
  return { status, retryAfterMs: status === Status.overload ? view.getUint32(4) : 0 };
}

function decodeHead(payload, of) {
  require(payload.length >= headBytes, `a ${of} of ${payload.length} bytes`);
  const view = viewOf(payload);
  require(view.getUint32(0, true) === magic, `a ${of} that does not begin with TXLX`);
  require(view.getUint16(4, true) === 2, `a ${of} of version ${view.getUint16(4, true)}`);
  const bytes = bytesAt(view, 16);
  require(bytes === payload.length, `a ${of} that says it has ${bytes} bytes of ${payload.length}`);
  const entries = view.getUint16(6, true);
  const status = view.getUint32(8, true);
  require(status === Status.ok || entries === 0, `a ${of} with a status and ${entries} entries`);
  const behind = headBytes + padded(entries * entryBytes, alignment);
  require(behind <= payload.length, `a directory of ${entries} entries in a ${of} of ${payload.length} bytes`);
  return { view, entries, status, retryAfterMs: view.getUint32(12, true), behind };
}

/**
 * A tokenize response's payload, which begins at a multiple of four in its memory. `asked` has `columns`, `viewNumber`,
 * `unitNumber`, `issuesMax`. Columns are views on the payload.
 */
export function decodeTokenizeResponse(payload, documentBytes, asked) {
  const { view, entries, status, retryAfterMs, behind } = decodeHead(payload, "tokenize response");
  if (status !== Status.ok) return { status, retryAfterMs };
  const length = view.getUint32(24, true);
  const issueCount = view.getUint32(28, true);
  const issuesTold = view.getUint32(32, true);
  require(length <= documentBytes + 1, `${length} tokens in a document of ${documentBytes} bytes`);
  require(view.getUint8(37) === asked.viewNumber, `a view that is not ${views[asked.viewNumber]}`);
  require(view.getUint8(38) === asked.unitNumber, `a unit that is not ${columnUnits[asked.unitNumber]}`);
  require(view.getUint8(39) === 0, "columns in memory that was not asked for");
  const issuesAsked = (asked.columns & columnBits.issues) !== 0 ? Math.min(issueCount, asked.issuesMax) : 0;
  require(issuesTold === issuesAsked, `${issuesTold} issues told where there are ${issueCount}`);
  const parts = decodeColumns(payload, view, entries, behind, { tokens: length, issues: issuesTold }, asked.columns);
  checkOffsets(parts, documentBytes);
  return { status, length, issueCount, parts };
}

function decodeColumns(payload, view, count, behind, counts, columns) {
  const parts = {};
  let end = behind;
  let lastId = 0;
  for (let entry = headBytes; entry < headBytes + count * entryBytes; entry += entryBytes) {
    const id = view.getUint16(entry, true);
    const begin = view.getUint32(entry + 4, true) * alignment;
    const bytes = bytesAt(view, entry + 8);
    require(id > lastId, `column ${id} behind column ${lastId}`);
    require(begin >= end &&
      begin <= payload.length &&
      bytes <= payload.length - begin, `column ${id} of ${bytes} bytes at ${begin}, in a payload of ${payload.length}`);
    lastId = id;
    end = begin + bytes;
    const layout = layouts.get(id);
    if (layout === undefined) continue; // of a later version
    require((columns & columnBits[layout.column]) !== 0, `column ${layout.part}, which was not asked for`);
    require(view.getUint16(entry + 2, true) === (layout.width === 1 ? 1 : 2), `the type of column ${layout.part}`);
    const expected = entriesOf(layout, counts) * layout.width;
    require(Number.isNaN(expected) || expected === bytes, `column ${layout.part} of ${bytes} bytes, not ${expected}`);
    const part = payload.subarray(begin, end);
    parts[layout.part] = layout.width === 1 ? part : words(part);
  }
  for (const { column, part } of layouts.values())
    require((columns & columnBits[column]) === 0 || parts[part] !== undefined, `column ${part} is missing`);
  return parts;
}

function entriesOf({ entries }, { tokens, issues }) {
  return { tokens, "tokens and one": tokens + 1, issues, any: Number.NaN }[entries];
}

// Without a copy where the payload lies as it should, as it does where this client has read it.
function words(part) {
  const { buffer, byteOffset, length } = part.byteOffset % 4 === 0 ? part : part.slice();
  return new Uint32Array(buffer, byteOffset, length / 4);
}

// So that nobody who goes by them looks where nothing is.
function checkOffsets({ starts, ends, nameOffsets, nameBytes, issueOffsets }, documentBytes) {
  if (starts !== undefined) require(areAscending(starts, documentBytes), "starts that do not ascend in the document");
  if (ends !== undefined) require(areAscending(ends, documentBytes, true), "ends that do not ascend in the document");
  if (starts !== undefined && ends !== undefined)
    require(starts.every((start, i) => start <= ends[i]), "a token that ends before it starts");
  if (issueOffsets !== undefined)
    require(areAscending(
      issueOffsets,
      documentBytes,
      true,
    ), "issues that do not ascend, or an issue behind the document's end");
  if (nameOffsets === undefined) return;
  require(nameOffsets[0] === 0 &&
    areAscending(nameOffsets, nameBytes.length, true), "names that do not follow each other");
  require(nameOffsets.at(-1) === nameBytes.length, "names that end elsewhere than they say");
  textOf(nameBytes, "control sequences");
  const isWithinCharacter = (offset) => (nameBytes[offset] & 0xc0) === 0x80;
  require(!nameOffsets.some(isWithinCharacter), "a name that begins within a character");
}

function areAscending(numbers, most, mayBeEqual = false) {
  let last = mayBeEqual ? 0 : -1;
  for (let i = 0; i < numbers.length; ++i) {
    const number = numbers[i];
    if (number < last || (number === last && !mayBeEqual)) return false;
    last = number;
  }
  return last <= most;
}

/** A batch response's payload: a status, and if it is ok the payload of each document's tokenize response. */
export function decodeBatchResponse(payload, documents) {
  const { view, entries, status, retryAfterMs, behind } = decodeHead(payload, "batch response");
  if (status !== Status.ok) return { status, retryAfterMs };
  require(entries === documents, `${entries} responses to a batch of ${documents} documents`);
  const payloads = [];
  let end = behind;
  for (let entry = headBytes; entry < headBytes + entries * entryBytes; entry += entryBytes) {
    const begin = view.getUint32(entry, true) * alignment;
    const bytes = bytesAt(view, entry + 8);
    require(begin >= end &&
      begin <= payload.length &&
      bytes <= payload.length - begin, `a response of ${bytes} bytes at ${begin}, in a payload of ${payload.length}`);
    end = begin + bytes;
    payloads.push(payload.subarray(begin, end));
  }
  return { status, payloads };
}
