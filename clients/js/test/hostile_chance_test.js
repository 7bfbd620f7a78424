// Servers that say what chance makes of right answers, and of nothing. Every call ends in time, by an answer that is
// held against the bytes or by an error of the client's own, and the next server is asked as if nothing had been.
//
// TEXLEX_SEED replays a failure, which prints it; of TEXLEX_HOSTILE_ROUNDS a twentieth is how many clients are tried.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as turn, setTimeout as passing } from "node:timers/promises";

import {
  Client,
  ClosedError,
  ConnectionError,
  ProtocolError,
  QueueFullError,
  StatusError,
  TimeoutError,
} from "../source/client/index.js";
import { numbersFrom, seed as firstSeed } from "./awkward_document.js";
import { answerTo, askedOf, Contradiction } from "./expected_answer.js";
import { oneOf, pieces, rightAnswer, rightHello, spoiled } from "./hostile_chance.js";
import { frame, greeting, pretendServer, tokenizedPayload } from "./pretended_server.js";

const clients = Math.max(1, Math.floor(Number(process.env.TEXLEX_HOSTILE_ROUNDS ?? 1000) / 20));
const patienceMs = 20_000;
const payloadBytesMax = 2 ** 20; // of what is asked here; a length that lies and is believed takes more
const documented = [StatusError, ConnectionError, ProtocolError, TimeoutError, QueueFullError, ClosedError];
const takenBack = new Error("taken back");
const columnSets = [undefined, undefined, [], ["kinds", "starts"], ["names"], ["issues"], ["ends", "starts"]];
const counts = { columns: [] };

/** What one connection was asked and said. */
class Transcript {
  asked = [];
  said = [];

  /** What it answered to a document, by the first frame under the request's id; undefined if nothing. */
  answersTo(document) {
    const whole = Buffer.concat(this.said);
    return this.asked.flatMap((asked) =>
      asked.documents.flatMap((each, index) => {
        const payload = each.equals(document) ? firstPayload(whole, asked) : undefined;
        return payload === undefined ? [] : [answerOrContradiction(asked, index, payload)];
      }),
    );
  }
}

function firstPayload(whole, { id, type }) {
  for (let at = 0; at + 16 <= whole.length;) {
    const length = whole.readUInt32BE(at + 12);
    const isIt = whole.readBigUInt64BE(at + 4) === BigInt(id) && whole.readUInt32BE(at) === type + 1;
    if (isIt) return whole.subarray(at + 16, at + 16 + length);
    at += 16 + length;
  }
  return undefined;
}

function answerOrContradiction(asked, index, payload) {
  try {
    return answerTo(asked, index, payload);
  } catch (error) {
    if (error instanceof Contradiction) return error;
    throw error;
  }
}

/** Hostile by chance until `repent` is called: from then on it does what it should. */
class HostileServer {
  transcripts = [];
  framesSent = 0;
  #seed;
  #repents = false;
  #ends = new Set(); // of hostile connections

  constructor(seed) {
    this.#seed = seed;
  }

  behave = async (connection) => {
    if (this.#repents) return greeting(rightLetters)(connection);
    const next = numbersFrom(this.#seed + 7919 * (connection.number + 1));
    const transcript = new Transcript();
    this.transcripts.push(transcript);
    this.#ends.add(connection.destroy);
    let turnsLeft = 1 + next(20);
    for await (const each of connection.frames) {
      if (each.type === 8 || each.type === 10)
        transcript.asked.push(askedOf({ ...each, payload: Buffer.from(each.payload) }));
      if (turnsLeft > 0 && !this.#repents) await this.#say(next, each, transcript, connection);
      // What comes is still read, as a guessed id may have answered it already.
      if (--turnsLeft === 0 && next(3) !== 0) connection.end();
    }
  };

  async #say(next, each, transcript, connection) {
    let frames = [];
    if (each.type === 6) frames.push(rightHello(next, each.id));
    if (each.type === 8 || each.type === 10) frames.push(rightAnswer(next, transcript.asked.at(-1), true));
    if (next(20) === 0) frames.pop(); // it takes its time for ever
    while (next(100) < (each.type === 6 ? 10 : 25)) frames = spoiled(next, frames, transcript.asked);
    this.framesSent += frames.length;
    for (const piece of pieces(next, frames)) {
      transcript.said.push(piece);
      connection.send(piece);
      if (next(3) === 0) await turn();
    }
  }

  /** Gives when what was said before was read or is lost, so that nothing hostile is said to who asks from then on. */
  async repent() {
    this.#repents = true;
    for (const end of this.#ends) end();
    await untilAllIsRead();
  }
}

async function untilAllIsRead() {
  for (let i = 0; i < 5; ++i) await turn();
}

const rightLetters = ({ id, type, payload }) =>
  type === 8 ? frame(9, id, tokenizedPayload({ tokens: payload.readUInt32LE(4) + 1 })) : undefined;

function inTime(promise) {
  const late = passing(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error("a call did not end");
  });
  return Promise.race([promise, late]);
}

function checkError(error) {
  if (error === takenBack) return;
  assert.ok(documented.includes(error.constructor), `an error of no documented class: ${error.stack}`);
  assert.ok(error.message.length > 0);
  if (error instanceof StatusError) assert.notEqual(error.status, 0, "ok is no error");
}

/** That some connection said what was taken for its answer. */
function checkTokens(tokens, document, servers) {
  const answers = servers.flatMap(({ transcripts }) => transcripts).flatMap((each) => each.answersTo(document));
  assert.ok(
    answers.some((answer) => isSame(tokens, answer)),
    `what nobody said was taken for an answer; said was ${JSON.stringify(answers)}`,
  );
}

function isSame(tokens, { status, tokens: length, issues, parts }) {
  if (status !== 0 || tokens.length !== length || tokens.issueCount !== issues) return false;
  for (const [name, numbers] of Object.entries(parts)) {
    const taken = {
      nameOffsets: () => tokens.names.offsets,
      nameBytes: () => tokens.names.bytes,
      issueKinds: () => tokens.issues.map(({ kind }) => kind),
      issueOffsets: () => tokens.issues.map(({ offset }) => offset),
    }[name] ?? (() => tokens[name]);
    if (JSON.stringify([...taken()]) !== JSON.stringify(numbers)) return false;
  }
  return true;
}

// Each document of a client is another one, so that what is said to one is not taken for what was said to another.
function documentsOf(next) {
  let made = 0;
  return () => Buffer.from(`${++made}:`.padEnd(4 + next(30), "x"));
}

async function ask(next, client, servers, newDocument) {
  const options = { columns: oneOf(next, columnSets), view: oneOf(next, ["tex", "source"]) };
  const one = async () => {
    const document = newDocument();
    const signal = next(8) === 0 ? abortedSoon(next) : undefined;
    const tokens = await inTime(client.tokenize(document, { ...options, signal }));
    await untilAllIsRead();
    checkTokens(tokens, document, servers);
  };
  const several = async () => {
    const list = Array.from({ length: 1 + next(5) }, newDocument);
    const outcomes = await inTime(client.tokenizeBatch(list, options));
    assert.equal(outcomes.length, list.length);
    await untilAllIsRead();
    outcomes.forEach(({ status, value, reason }, i) =>
      status === "fulfilled" ? checkTokens(value, list[i], servers) : checkError(reason),
    );
  };
  const calls = Array.from({ length: 1 + next(5) }, () => (next(3) === 0 ? several() : one()));
  for (const { status, reason } of await Promise.allSettled(calls)) {
    if (status === "fulfilled") continue;
    if (reason instanceof assert.AssertionError) throw reason;
    checkError(reason);
  }
}

function abortedSoon(next) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(takenBack), next(4));
  return controller.signal;
}

async function stillWorks(client) {
  let last;
  for (let i = 0; i < 20; ++i) {
    try {
      assert.equal((await inTime(client.tokenize("abc", { ...counts, timeoutMs: patienceMs }))).length, 4);
      return;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      checkError(error);
      last = error;
    }
  }
  throw new Error("nothing is right any more", { cause: last });
}

async function playClient(seed) {
  const next = numbersFrom(seed);
  const hostile = Array.from({ length: 1 + next(2) }, (_, i) => new HostileServer(seed + i));
  const ends = [];
  const inRound = { after: (end) => ends.unshift(end) };
  const servers = [];
  for (const each of hostile) servers.push(await pretendServer(inRound, each.behave));
  const retries = next(3);
  const limits = { timeoutMs: oneOf(next, [20, 50, 200]), connectTimeoutMs: 50, retries };
  const client = new Client(servers.map(({ endpoint }) => endpoint), limits);
  inRound.after(() => client.close());
  const newDocument = documentsOf(next);
  try {
    for (let i = 0; i < 4; ++i) await ask(next, client, hostile, newDocument);
    for (const each of hostile) await each.repent();
    await stillWorks(client);
  } finally {
    for (const end of ends) await end();
  }
  return hostile.reduce((sum, { framesSent }) => sum + framesSent, 0);
}

const openFiles = () => readdirSync("/proc/self/fd").length;
const atWork = () => process.getActiveResourcesInfo().filter((kind) => /Timeout|Pipe|Socket|Immediate/.test(kind));

test("what a client makes of hostile servers is answers and its own errors, and it works on", async (context) => {
  let largest = 0;
  const allocate = Buffer.allocUnsafeSlow;
  context.mock.method(Buffer, "allocUnsafeSlow", (size) => {
    largest = Math.max(largest, size);
    assert.ok(size <= payloadBytesMax, `${size} bytes of memory by a server's word alone`);
    return allocate(size);
  });
  let frames = 0;
  let before;
  for (let round = 0; round < clients; ++round) {
    const seed = (firstSeed + round) >>> 0;
    try {
      frames += await playClient(seed);
    } catch (error) {
      context.diagnostic(`TEXLEX_SEED=${seed} TEXLEX_HOSTILE_ROUNDS=1 replays it`);
      throw error;
    }
    if (round === 0) before = { files: openFiles(), atWork: atWork() };
  }
  const isAsBefore = () => openFiles() <= before.files && atWork().length <= before.atWork.length;
  for (let i = 0; i < 300 && !isAsBefore(); ++i) await passing(10); // what was ended closes in turns of its own
  assert.ok(openFiles() <= before.files, "no descriptor is left");
  assert.ok(atWork().length <= before.atWork.length, "neither a timer nor a connection is left");
  context.diagnostic(`${clients} clients, ${frames} frames`);
});
