// A server that answers what a test wants it to: well, badly or not at all.
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const littleEndian = true;

/** A frame as it goes over the wire. */
export function frame(type, id, payload) {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type);
  view.setUint32(8, id);
  view.setUint32(12, payload.length);
  bytes.set(payload, 16);
  return bytes;
}

const magicOf = (view) => view.setUint32(0, 0x584c5854, littleEndian);

/** A hello response's payload; fields that are given replace those of a usual server. */
export function helloPayload({
  version = 2,
  fixed = 64,
  columns = 255,
  documentBytesMax = 2 ** 21,
  requests = 64,
  issuesMax = 65536,
  batchDocumentsMax = 256,
  regimes = "latex\nplain\n",
} = {}) {
  const names = new TextEncoder().encode(regimes);
  const payload = new Uint8Array(64 + names.length);
  const view = new DataView(payload.buffer);
  magicOf(view);
  view.setUint16(4, version, littleEndian);
  view.setUint16(6, fixed, littleEndian);
  view.setUint32(12, columns, littleEndian);
  view.setBigUint64(16, BigInt(documentBytesMax), littleEndian);
  view.setUint32(24, requests, littleEndian);
  view.setUint32(28, issuesMax, littleEndian);
  view.setUint32(32, 1024, littleEndian);
  view.setUint32(36, batchDocumentsMax, littleEndian);
  payload.set(names, 64);
  return payload;
}

/** The head of a tokenize response, and the whole of one that has no columns. */
export function tokenizedPayload({
  status = 0,
  retryAfterMs = 0,
  tokens = 0,
  issues = 0,
  told = 0,
  view = 0,
  unit = 1,
  version = 2,
  magic = 0x584c5854,
  entries = [],
  bytes,
  columns = [],
} = {}) {
  const directory = Math.ceil((entries.length * 16) / 64) * 64;
  const length = 64 + directory + columns.reduce((sum, each) => sum + Math.ceil(each.length / 64) * 64, 0);
  const payload = new Uint8Array(length);
  const at = new DataView(payload.buffer);
  at.setUint32(0, magic, littleEndian);
  at.setUint16(4, version, littleEndian);
  at.setUint16(6, entries.length, littleEndian);
  at.setUint32(8, status, littleEndian);
  at.setUint32(12, retryAfterMs, littleEndian);
  at.setBigUint64(16, BigInt(bytes ?? length), littleEndian);
  at.setUint32(24, tokens, littleEndian);
  at.setUint32(28, issues, littleEndian);
  at.setUint32(32, told, littleEndian);
  at.setUint8(36, 1);
  at.setUint8(37, view);
  at.setUint8(38, unit);
  entries.forEach(({ id, type, begin, bytes: size }, i) => {
    at.setUint16(64 + 16 * i, id, littleEndian);
    at.setUint16(66 + 16 * i, type, littleEndian);
    at.setUint32(68 + 16 * i, begin, littleEndian);
    at.setBigUint64(72 + 16 * i, BigInt(size), littleEndian);
  });
  let place = 64 + directory;
  for (const column of columns) {
    payload.set(column, place);
    place += Math.ceil(column.length / 64) * 64;
  }
  return payload;
}

/** A batch response's payload with these tokenize responses, whose lengths are multiples of 64. */
export function batchPayload(payloads) {
  const directory = Math.ceil((payloads.length * 16) / 64) * 64;
  const whole = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, 64 + directory));
  const view = new DataView(whole.buffer);
  magicOf(view);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, payloads.length, littleEndian);
  view.setBigUint64(16, BigInt(whole.length), littleEndian);
  let begin = 64 + directory;
  payloads.forEach((payload, i) => {
    view.setUint32(64 + 16 * i, begin / 64, littleEndian);
    view.setBigUint64(72 + 16 * i, BigInt(payload.length), littleEndian);
    whole.set(payload, begin);
    begin += payload.length;
  });
  return whole;
}

/**
 * Listens on a socket of its own. `behave(connection)` is told of each: `frames` is an async iterator of what it gets,
 * `send(...bytes)` answers, `end()` closes, `number` counts from 0.
 */
export async function pretendServer(context, behave) {
  const folder = await mkdtemp(join(tmpdir(), "texlex-js-"));
  const path = join(folder, "socket");
  const sockets = new Set();
  let number = 0;
  const faults = [];
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // the client may leave at any time
    const connection = {
      number: number++,
      frames: framesOf(socket),
      send: (...parts) => parts.forEach((part) => socket.write(part)),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    };
    Promise.resolve(behave(connection)).catch((error) => faults.push(error));
  });
  await new Promise((resolve) => server.listen(path, resolve));
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
    if (faults.length > 0) throw faults[0];
  });
  return { endpoint: `unix:${path}`, connections: () => number };
}

const clientHasLeft = ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"];

async function* framesOf(socket) {
  try {
    yield* framesUntilItEnds(socket);
  } catch (error) {
    if (!clientHasLeft.includes(error.code)) throw error;
  }
}

async function* framesUntilItEnds(socket) {
  let held = Buffer.alloc(0);
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 16 && held.length >= 16 + held.readUInt32BE(12)) {
      const length = held.readUInt32BE(12);
      yield { type: held.readUInt32BE(0), id: held.readUInt32BE(8), payload: held.subarray(16, 16 + length) };
      held = held.subarray(16 + length);
    }
  }
}

/** Greets, and answers each frame behind the hello by what `answer(frame, connection)` gives, if it gives something. */
export function greeting(answer, hello = {}) {
  return async (connection) => {
    for await (const each of connection.frames) {
      const reply = each.type === 6 ? frame(7, each.id, helloPayload(hello)) : await answer(each, connection);
      if (reply !== undefined) connection.send(reply);
    }
  };
}
