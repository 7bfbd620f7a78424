// What a frame of a server says by docs/protocol-2.md, read a second time and slowly: no line of it is the client's.
// What the client takes for an answer is held against this, so that nothing it takes is wrong where the bytes show it.

/** No server that keeps to the protocol says this. */
export class Contradiction extends Error {}

function hold(condition) {
  if (!condition) throw new Contradiction();
}

const ids = [["kinds"], ["starts"], ["ends"], ["codes"], ["lines"], ["columns"], ["nameOffsets", "nameBytes"]];
const partsOfBits = [...ids, ["issueKinds", "issueOffsets"]];
const partNames = partsOfBits.flat(); // by id, from 1
const bytePartIds = new Set([1, 8, 9]);

/** A request as it came over the wire: `id`, `type`, `documents`, and what was asked of them. */
export function askedOf({ type, id, payload }) {
  const head = payload.readUInt32LE(0);
  const count = type === 10 ? payload.readUInt16LE(14) : 1;
  const documents = [];
  let at = head;
  for (let i = 0; i < count; ++i) {
    const length = type === 10 ? payload.readUInt32LE(head - 4 * count + 4 * i) : payload.readUInt32LE(4);
    documents.push(payload.subarray(at, at + length));
    at += length;
  }
  const [columns, issuesMax] = [payload.readUInt32LE(8), payload.readUInt32LE(20)];
  return { id, type, documents, columns, view: payload[12], unit: payload[13], issuesMax };
}

/**
 * What the payload of an answer says of the request's document of that number: `status`, and if that is 0 `tokens`,
 * `issues` and `parts`. Throws a Contradiction if it says nothing.
 */
export function answerTo(asked, index, payload) {
  const length = asked.documents[index].length;
  if (asked.type === 8) return tokenized(asked, length, payload);
  const { entries, status } = begin(payload);
  if (status !== 0) return { status };
  hold(entries === asked.documents.length);
  let end = directoryEnd(payload, entries);
  let part;
  for (let entry = 0; entry < entries; ++entry) {
    const [from, to] = extent(payload, 64 + 16 * entry, 0, end);
    end = to;
    if (entry === index) part = payload.subarray(from, to);
  }
  return tokenized(asked, length, part);
}

function begin(payload) {
  hold(payload.length >= 64);
  const [entries, status] = [payload.readUInt16LE(6), payload.readUInt32LE(8)];
  hold(payload.toString("latin1", 0, 4) === "TXLX" && payload.readUInt16LE(4) === 2);
  hold(payload.readBigUInt64LE(16) === BigInt(payload.length) && (status === 0 || entries === 0));
  return { entries, status };
}

function directoryEnd(payload, entries) {
  const end = 64 + 64 * Math.ceil((16 * entries) / 64);
  hold(end <= payload.length);
  return end;
}

// Of what an entry of a directory tells, whose place is `skipped` bytes behind its begin.
function extent(payload, entry, skipped, end) {
  const from = 64n * BigInt(payload.readUInt32LE(entry + skipped));
  const to = from + payload.readBigUInt64LE(entry + 8);
  hold(from >= BigInt(end) && to <= BigInt(payload.length));
  return [Number(from), Number(to)];
}

function tokenized(asked, documentBytes, payload) {
  const { entries, status } = begin(payload);
  if (status !== 0) return { status };
  const [tokens, issues, told] = [24, 28, 32].map((at) => payload.readUInt32LE(at));
  hold(tokens <= documentBytes + 1 && payload[37] === asked.view && payload[38] === asked.unit && payload[39] === 0);
  hold(told === ((asked.columns & 128) !== 0 ? Math.min(issues, asked.issuesMax) : 0));
  const parts = {};
  let [end, lastId] = [directoryEnd(payload, entries), 0];
  for (let entry = 64; entry < 64 + 16 * entries; entry += 16) {
    const [id, type] = [payload.readUInt16LE(entry), payload.readUInt16LE(entry + 2)];
    const [from, to] = extent(payload, entry, 4, end);
    hold(id > lastId);
    [end, lastId] = [to, id];
    if (id > 10) continue; // of a later version
    const width = bytePartIds.has(id) ? 1 : 4;
    const count = { 7: tokens + 1, 9: told, 10: told }[id] ?? tokens;
    hold(type === (width === 1 ? 1 : 2) && (id === 8 || to - from === width * count));
    parts[partNames[id - 1]] = numbersAt(payload, from, to, width);
  }
  const wanted = partsOfBits.filter((_, bit) => ((asked.columns >> bit) & 1) === 1).flat();
  hold(wanted.every((name) => parts[name] !== undefined) && Object.keys(parts).every((name) => wanted.includes(name)));
  checkOffsets(parts, documentBytes);
  return { status, tokens, issues, parts };
}

function numbersAt(payload, from, to, width) {
  const numbers = [];
  for (let at = from; at < to; at += width) numbers.push(payload.readUIntLE(at, width));
  return numbers;
}

function checkOffsets({ starts = [], ends = [], nameOffsets, nameBytes, issueOffsets = [] }, documentBytes) {
  for (const numbers of [starts, ends, issueOffsets])
    hold(numbers.every((number, i) => number <= documentBytes && (i === 0 || number >= numbers[i - 1])));
  if (ends.length > 0) hold(starts.every((start, i) => start <= ends[i]));
  if (nameOffsets === undefined) return;
  hold(nameOffsets[0] === 0 && nameOffsets.at(-1) === nameBytes.length);
  for (let i = 1; i < nameOffsets.length; ++i) {
    hold(nameOffsets[i] >= nameOffsets[i - 1]);
    const bytes = Buffer.from(nameBytes.slice(nameOffsets[i - 1], nameOffsets[i]));
    hold(Buffer.from(bytes.toString()).equals(bytes)); // else it is no UTF-8
  }
}
