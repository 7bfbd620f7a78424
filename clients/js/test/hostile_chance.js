// What a hostile server may send, drawn by chance: right answers to what it was asked, and what becomes of them. `next`
// gives numbers from a seed (`numbersFrom`).
import { frame, helloPayload, tokenizedPayload, batchPayload } from "./pretended_server.js";

const statuses = [...Array(20).keys()].map((i) => i + 1).concat(99, 0xffffffff);
const awkward = [0, 1, 2, 3, 4, 8, 12, 13, 16, 63, 64, 65, 127, 128, 255, 256, 4096, 65535, 65536, 2 ** 31 - 1, 2 ** 31]
  .map(BigInt)
  .concat(2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n);
const nameBytes = ["", "", "", "a", "ö", "makeatletter"].map((name) => [...Buffer.from(name)]);

export const oneOf = (next, list) => list[next(list.length)];
const chance = (next, percent) => next(100) < percent;
const between = (next, low, high) => low + next(high - low + 1);
const bytesOf = (next, count) => Buffer.from(Array.from({ length: count }, () => next(256)));
const numbers = (values) => new Uint8Array(Uint32Array.from(values).buffer);

// ---- What is right

export function rightHello(next, id) {
  const payload = helloPayload({
    version: chance(next, 5) ? 1 : 2,
    requests: oneOf(next, [1, 2, 16, 64]),
    batchDocumentsMax: oneOf(next, [0, 1, 2, 256]),
  });
  payload[8] = next(4);
  return frame(7, id, payload);
}

/** `lies`: what it says of a document may be wrong in itself, in a frame where all lengths are right. */
export function rightAnswer(next, asked, lies) {
  const type = asked.type === 10 ? 11 : 9;
  if (chance(next, 15)) {
    const status = oneOf(next, statuses);
    return frame(type, asked.id, tokenizedPayload({ status, retryAfterMs: next(9), unit: 0 }));
  }
  const payloads = asked.documents.map(({ length }) => tokensPayload(next, asked, length, lies && chance(next, 20)));
  return frame(type, asked.id, type === 11 ? batchPayload(payloads) : payloads[0]);
}

function tokensPayload(next, { columns, view, unit, issuesMax }, documentBytes, lies) {
  const starts = [];
  for (let place = 0; place <= documentBytes; ++place) if (chance(next, 60)) starts.push(place);
  const ends = starts.map((start, i) => between(next, start, starts[i + 1] ?? documentBytes));
  const names = starts.map(() => oneOf(next, nameBytes));
  const offsets = [0];
  for (const name of names) offsets.push(offsets.at(-1) + name.length);
  const issues = next(4);
  const told = (columns & 128) !== 0 ? Math.min(issues, issuesMax) : 0;
  let issueOffsets = Array.from({ length: told }, () => next(documentBytes + 1)).sort((a, b) => a - b);
  let allNames = names.flat();
  const lie = lies ? next(4) : undefined;
  if (lie === 0) {
    const list = oneOf(next, [starts, ends, offsets, issueOffsets]);
    const at = next(list.length);
    if (list.length > 0) list[at] = Math.max(0, list[at] + oneOf(next, [1, -1, 2, documentBytes]));
  }
  if (lie === 1) issueOffsets = issueOffsets.slice(1);
  if (lie === 2) allNames = allNames.map((byte) => oneOf(next, [byte, byte, 0xc3]));
  if (lie === 3) [view, unit] = [next(3), next(4)];
  const any = () => numbers(starts.map(() => next(300)));
  const every = [
    [1, 1, 1, Uint8Array.from(starts, () => next(22))],
    [2, 2, 2, numbers(starts)],
    [4, 3, 2, numbers(ends)],
    [8, 4, 2, any()],
    [16, 5, 2, any()],
    [32, 6, 2, any()],
    [64, 7, 2, numbers(offsets)],
    [64, 8, 1, Uint8Array.from(allNames)],
    [128, 9, 1, Uint8Array.from(issueOffsets, () => 1 + next(8))],
    [128, 10, 2, numbers(issueOffsets)],
  ].filter(([bit]) => (columns & bit) !== 0);
  if (chance(next, 10)) every.push([0, oneOf(next, [11, 300, lies ? 2 : 12]), next(9), bytesOf(next, next(70))]);
  let begin = 1 + Math.ceil(every.length / 4);
  const entries = every.map(([, id, type, { length: bytes }]) => {
    const entry = { id, type, begin, bytes };
    begin += Math.ceil(bytes / 64);
    return entry;
  });
  const lists = every.map(([, , , bytes]) => bytes);
  const counts = { tokens: starts.length, issues, told: issueOffsets.length };
  return tokenizedPayload({ ...counts, view, unit, entries, columns: lists });
}

// ---- What is not

/** A whole frame that may well not come now. */
function unasked(next, asked) {
  const ids = [0, 1, 2, 3, 99, 0xffffffff, ...asked.map(({ id }) => id)];
  const id = oneOf(next, ids);
  const going = () => {
    const payload = Buffer.alloc(24);
    payload.write("TXLX");
    payload.writeUInt16LE(2, 4);
    payload.writeBigUInt64LE(oneOf(next, [BigInt(oneOf(next, ids)), oneOf(next, awkward)]), 16);
    return payload;
  };
  const counts = () => {
    const payload = Buffer.alloc(13);
    payload.writeUInt32BE(oneOf(next, [0, ...statuses]));
    return payload;
  };
  const documents = [Buffer.alloc(next(9))];
  const stranger = { id, type: oneOf(next, [8, 10]), documents, columns: next(256), view: 0, unit: 1, issuesMax: 9 };
  return oneOf(next, [
    () => rightHello(next, oneOf(next, [id, 0xffffffff])),
    () => rightAnswer(next, stranger, true),
    () => frame(12, oneOf(next, [0, 0, id]), going()),
    () => frame(2, id, counts()),
    () => frame(5, id, Buffer.from("texlexd_requests_total 3\n")),
    () => frame(next(16), id, bytesOf(next, next(100))),
  ])();
}

/** Frames after one thing was done to them. */
export function spoiled(next, frames, asked) {
  if (frames.length === 0) return [unasked(next, asked)];
  const at = next(frames.length);
  const [before, one, behind] = [frames.slice(0, at), frames[at], frames.slice(at + 1)];
  return oneOf(next, [
    () => [...before, one, one, ...behind],
    () => [...behind, one, ...before],
    () => [...before, unasked(next, asked), one, ...behind],
    () => [...before, ...behind],
    () => [...before, bytesOf(next, oneOf(next, [1, 16, 40, 300])), one, ...behind],
    ...new Array(4).fill(() => [...before, oneOf(next, spoilers)(next, Buffer.from(one)), ...behind]),
  ])();
}

function withBitsFlipped(next, bytes) {
  for (let left = 1 + next(3); left > 0 && bytes.length > 0; --left) bytes[next(bytes.length)] ^= 1 << next(8);
  return bytes;
}

// In the header, the head, the directory or anywhere.
function withAwkwardNumber(next, bytes) {
  const width = oneOf(next, [2, 4, 8]);
  if (bytes.length < 16 + width) return bytes;
  const behind = Math.min(oneOf(next, [16, 80, 240, bytes.length]), bytes.length);
  const at = Math.min(next(Math.floor(behind / width)) * width, bytes.length - width);
  const value = oneOf(next, [...awkward, BigInt(bytes.length - 16)]) + oneOf(next, [0n, 0n, 1n, -1n]);
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt.asUintN(8 * width, value));
  const part = number.subarray(0, width);
  bytes.set(at < 16 ? part.reverse() : part, at); // headers are big-endian
  return bytes;
}

// An entry of the directory says what another one says, or nearly: columns overlap, or are not where they belong.
function withColumnsMoved(next, bytes) {
  if (bytes.length < 112) return bytes;
  const entries = Math.max(2, Math.min(10, bytes.readUInt16LE(22)));
  const [source, target] = [80 + 16 * next(entries), 80 + 16 * next(entries)];
  const [field, width] = oneOf(next, [
    [0, 2],
    [4, 4],
    [8, 8],
    [4, 12],
    [0, 16],
  ]);
  if (Math.max(source, target) + 16 > bytes.length) return bytes;
  bytes.copyWithin(target + field, source + field, source + field + width);
  if (chance(next, 30)) bytes[target + field] += oneOf(next, [1, -1]);
  return bytes;
}

function withLyingLength(next, bytes) {
  if (bytes.length < 16) return bytes;
  const length = bytes.length - 16 + oneOf(next, [1, -1, 13, 64, 2 ** 20, 2 ** 31, Number(oneOf(next, awkward))]);
  bytes.writeUInt32BE(length >>> 0, 12);
  return bytes;
}

function withOtherId(next, bytes) {
  if (bytes.length >= 16) bytes.writeBigUInt64BE(oneOf(next, [0n, 1n, 2n, 3n, 4n, 2n ** 32n + 1n, 2n ** 64n - 1n]), 4);
  return bytes;
}

const cut = (next, bytes) => bytes.subarray(0, next(bytes.length + 1));

function withAHoleOrAPatch(next, bytes) {
  const at = next(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytesOf(next, next(2) * next(9)), bytes.subarray(at + next(9))]);
}

const spoilers = [
  withBitsFlipped,
  withAwkwardNumber,
  withAwkwardNumber,
  withColumnsMoved,
  withColumnsMoved,
  withLyingLength,
  withOtherId,
  cut,
  withAHoleOrAPatch,
];

/** The same bytes in any pieces. */
export function pieces(next, frames) {
  const whole = Buffer.concat(frames);
  const most = oneOf(next, [1, 60, 300, whole.length, whole.length, whole.length]);
  const result = [];
  for (let at = 0; at < whole.length;) {
    const size = most === whole.length ? most : 1 + next(most);
    result.push(whole.subarray(at, at + size));
    at += size;
  }
  return result;
}
