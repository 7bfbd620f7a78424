// What the client sends, byte by byte: docs/protocol.md and docs/protocol-2.md. Headers are big-endian, payloads
// little-endian.

export const FrameType = Object.freeze({
  response: 2,
  cancel: 3,
  hello: 6,
  helloResponse: 7,
  tokenize: 8,
  tokenizeResponse: 9,
  batch: 10,
  batchResponse: 11,
  goingAway: 12,
});

export const headerBytes = 16;
/** A server takes no larger frame. */
export const framePayloadBytesMax = 256 * 2 ** 20;
export const magic = 0x584c5854; // "TXLX", read as a little-endian number
export const protocolVersion = 2;
/** A feature of the hello: to be told when the server drains. */
export const featureGoingAway = 1;

/** Columns by the bits that ask for them, in the order of their ids. */
export const columnBits = Object.freeze({
  kinds: 1,
  starts: 2,
  ends: 4,
  codes: 8,
  lines: 16,
  columns: 32,
  names: 64,
  issues: 128,
});
export const columnNames = Object.freeze(Object.keys(columnBits));

const fixedBytes = 32;
const Option = Object.freeze({ regime: 1, traceContext: 4, priority: 5 });
export const regimeBytesMax = 64;

/** In the order of their numbers. */
export const priorities = Object.freeze(["background", "normal", "interactive"]);
const priorityNormal = priorities.indexOf("normal");

/** A frame's header. Ids are of 32 bits here: a connection has far fewer requests at a time. */
function withHeader(type, id, payloadBytes, bytesHere) {
  const frame = new Uint8Array(headerBytes + bytesHere);
  const view = new DataView(frame.buffer);
  view.setUint32(0, type);
  view.setUint32(8, id);
  view.setUint32(12, payloadBytes);
  return { frame, payload: new DataView(frame.buffer, headerBytes) };
}

export function encodeHello(id) {
  const { frame, payload } = withHeader(FrameType.hello, id, 16, 16);
  payload.setUint32(0, magic, true);
  payload.setUint16(4, protocolVersion, true);
  payload.setUint16(6, protocolVersion, true);
  payload.setUint32(8, featureGoingAway, true);
  return frame;
}

export function encodeCancel(id) {
  return withHeader(FrameType.cancel, id, 0, 0).frame;
}

/**
 * A tokenize or batch frame up to its first document's first byte. `lengths` has an entry a document; `batch` says
 * which frame it is. Throws a RangeError for more than a frame holds.
 */
export function encodeRequestHead(
  id,
  batch,
  lengths,
  { columns, viewNumber, unitNumber, issuesMax, ...said },
  deadlineMs,
) {
  const options = optionsOf(said);
  const optionBytes = options.reduce((sum, { value }) => sum + 4 + padded(value.length, 4), 0);
  const headBytes = fixedBytes + optionBytes + (batch ? 4 * lengths.length : 0);
  const documentBytes = lengths.reduce((sum, length) => sum + length, 0);
  if (headBytes + documentBytes > framePayloadBytesMax)
    throw new RangeError(`texlex: a frame holds ${framePayloadBytesMax} bytes, and not documents of ${documentBytes}`);
  const type = batch ? FrameType.batch : FrameType.tokenize;
  const { frame, payload } = withHeader(type, id, headBytes + documentBytes, headBytes);
  payload.setUint32(0, headBytes, true);
  payload.setUint32(4, documentBytes, true);
  payload.setUint32(8, columns, true);
  payload.setUint8(12, viewNumber);
  payload.setUint8(13, unitNumber);
  payload.setUint16(14, batch ? lengths.length : 0, true);
  payload.setUint32(16, deadlineMs, true);
  payload.setUint32(20, issuesMax, true);
  let at = fixedBytes;
  for (const { option, value } of options) {
    payload.setUint16(at, option, true);
    payload.setUint16(at + 2, value.length, true);
    frame.set(value, headerBytes + at + 4);
    at += 4 + padded(value.length, 4);
  }
  if (batch) lengths.forEach((length, i) => payload.setUint32(at + 4 * i, length, true));
  return frame;
}

// What is the same without being said is not said.
function optionsOf({ regimeBytes, traceBytes, priorityNumber = priorityNormal }) {
  const options = [];
  if (regimeBytes !== undefined) options.push({ option: Option.regime, value: regimeBytes });
  if (traceBytes !== undefined) options.push({ option: Option.traceContext, value: traceBytes });
  if (priorityNumber !== priorityNormal) options.push({ option: Option.priority, value: [priorityNumber] });
  return options;
}

export const padded = (bytes, to) => Math.ceil(bytes / to) * to;

/** How long the payload of a tokenize response may be, at most, for what was asked. */
export function responseBytesMax(documentBytes, { columns, issuesMax }) {
  const tokens = documentBytes + 1;
  const issues = Math.min(issuesMax, 2 * documentBytes + 2);
  const bytesOf = {
    kinds: tokens,
    starts: 4 * tokens,
    ends: 4 * tokens,
    codes: 4 * tokens,
    lines: 4 * tokens,
    columns: 4 * tokens,
    names: 4 * (tokens + 1) + 3 * documentBytes + 64,
    issues: 5 * issues + 64,
  };
  let sum = 64 + slackBytes;
  for (const name of columnNames) if ((columns & columnBits[name]) !== 0) sum += padded(bytesOf[name], 64) + 64;
  return sum;
}

// The directory, and what a later version may say besides.
const slackBytes = 4096;
