// A client of texlexd: several servers, each tried in turn; one connection, with many requests on it at a time; time
// limits, and other tries where a status allows them. A document is tokenized the same however often, so asking again
// does no harm.
import { setTimeout as passing } from "node:timers/promises";

import { bytesOf } from "../document.js";
import { integer, refuseUnknown } from "../options.js";
import { Connection } from "./connection.js";
import { parseEndpoints } from "./endpoints.js";
import { ClosedError, ConnectionError, QueueFullError, Status, StatusError, TimeoutError } from "./errors.js";
import { batchExchange, readRequest, refuseTooLarge, tokenizeAlone, tokenizeExchange } from "./exchanges.js";
import { framePayloadBytesMax } from "./frames.js";

const clientOptions = ["connectTimeoutMs", "timeoutMs", "retries", "requestsMax"];
const waitMsMax = 2 ** 31 - 1; // of a timer
const batchesAtOnce = 4;
const leavingMax = 4;
const headBytesMax = 4096; // of a batch
const documentsMax = 256; // of a batch: no server takes more, whatever it says

// Between two tries: what the server says, or twice as long each time.
const pauseMsFirst = 10;
const pauseMsMax = 2000;

export class Client {
  #endpoints;
  #options;
  #current = 0; // of the endpoints
  #connection; // a promise of one, or undefined
  #open; // what it is a promise of, once that is there
  #leaving = []; // connections to servers that shut down, whose last answers are still to come
  #requests = new Set(); // an AbortController each
  #closing = new AbortController();

  constructor(endpoints, options = {}) {
    refuseUnknown(options, clientOptions, "Client");
    const { connectTimeoutMs = 5000, timeoutMs = 30_000, retries = 3, requestsMax = 1024 } = options;
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
      throw new Error("texlex: columns come little-endian, and this machine is big-endian");
    this.#endpoints = parseEndpoints(endpoints);
    this.#options = {
      connectTimeoutMs: integer(connectTimeoutMs, "connectTimeoutMs", 1, waitMsMax),
      timeoutMs: integer(timeoutMs, "timeoutMs", 1, waitMsMax),
      retries: integer(retries, "retries", 0, 100),
      requestsMax: integer(requestsMax, "requestsMax", 1),
    };
  }

  /** What the server at hand can do: `documentBytesMax`, `batchDocumentsMax`, `issuesMax`, `regimes` and more. */
  async hello(options = {}) {
    refuseUnknown(options, ["timeoutMs", "retries", "signal"], "hello");
    return this.#within(options, (request) => this.#tried(request, (connection) => connection.hello));
  }

  /** The tokens of a document. */
  async tokenize(document, options = {}) {
    const asked = readRequest(options, "tokenize");
    const bytes = bytesOf(document, asked.copyDocument);
    return this.#within(options, (request) =>
      this.#tried(request, (connection) => {
        refuseTooLarge(bytes, connection);
        return connection.exchange(tokenizeExchange(bytes, asked, request, connection), request.signal);
      }),
    );
  }

  /**
   * The tokens of many documents, in few frames. Gives, as Promise.allSettled does, an entry a document: its tokens, or
   * why it has none.
   */
  async tokenizeBatch(documents, options = {}) {
    const asked = readRequest(options, "tokenizeBatch");
    const list = Array.from(documents, (document) => bytesOf(document, asked.copyDocument));
    return this.#within(options, (request) => this.#settled(list, asked, request));
  }

  /** Ends the connection; what is unanswered fails with a ClosedError. */
  async close() {
    this.#closing.abort(new ClosedError());
    for (const request of this.#requests) request.abort(this.#closing.signal.reason);
    const connection = await this.#connection?.catch(() => undefined); // who waits for it has been told
    for (const each of [connection, ...this.#leaving]) each?.end(this.#closing.signal.reason);
  }

  // ---- One request: how long it may take, and how often it is tried

  async #within({ timeoutMs = this.#options.timeoutMs, retries = this.#options.retries, signal }, act) {
    integer(timeoutMs, "timeoutMs", 1, waitMsMax);
    integer(retries, "retries", 0, 100);
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new TypeError("texlex: signal is an AbortSignal");
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    if (this.#requests.size >= this.#options.requestsMax) throw new QueueFullError(this.#options.requestsMax);
    const ending = new AbortController();
    this.#requests.add(ending);
    const late = () => ending.abort(new TimeoutError(`texlex: not answered within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    const onAbort = () => ending.abort(signal.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await act({ signal: ending.signal, deadline: performance.now() + timeoutMs, retries });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.#requests.delete(ending);
    }
  }

  async #tried(request, act) {
    const notTakenBy = new Set(); // servers that go, since the last pause
    for (let tries = 0; ; ) {
      let connection;
      try {
        connection = await this.#connected(request.signal);
        return await act(connection);
      } catch (error) {
        request.signal.throwIfAborted();
        this.#moveOn(connection, error);
        if (this.#isForNext(connection, error, notTakenBy)) continue;
        if (tries >= request.retries || !mayTryAgain(error)) throw error;
        await pause(tries++, error, request);
        notTakenBy.clear();
      }
    }
  }

  // What a server that goes did not take is no try, and need not wait: until all have not taken it.
  #isForNext(connection, error, notTakenBy) {
    if (connection === undefined || !isShuttingDown(error) || notTakenBy.has(connection.endpointText)) return false;
    return notTakenBy.add(connection.endpointText).size < this.#endpoints.length;
  }

  // A server that is gone or goes is not asked again before the others were.
  #moveOn(connection, error) {
    if (connection?.isOpen && !isShuttingDown(error)) return;
    if (connection === undefined || this.#open !== connection) return;
    this.#forget();
    if (connection.isOpen) this.#leave(connection);
  }

  // What it has accepted it answers, and then closes the connection.
  #leave(connection) {
    this.#leaving = this.#leaving.filter((each) => each.isOpen);
    if (this.#leaving.length >= leavingMax)
      this.#leaving.shift().end(new ConnectionError("texlex: too many servers shut down"));
    this.#leaving.push(connection);
  }

  #forget() {
    this.#connection = undefined;
    this.#open = undefined;
    this.#current = (this.#current + 1) % this.#endpoints.length;
  }

  async #connected(signal) {
    const open = this.#open;
    if (open !== undefined && (!open.isOpen || open.isGoingAway)) {
      this.#forget();
      if (open.isOpen) this.#leave(open);
    }
    this.#connection ??= this.#connect();
    const mine = this.#connection;
    return unlessAborted(mine, signal);
  }

  // Each endpoint once, beginning with the one that served last. Shared by all who wait for it.
  #connect() {
    const connecting = this.#tryEach();
    connecting.then(
      (connection) => (this.#open = connection),
      () => (this.#connection = undefined),
    );
    return connecting;
  }

  async #tryEach() {
    const failures = [];
    for (let i = 0; i < this.#endpoints.length; ++i) {
      const endpoint = this.#endpoints[this.#current];
      try {
        return await Connection.open(endpoint, this.#options.connectTimeoutMs, this.#closing.signal);
      } catch (error) {
        this.#closing.signal.throwIfAborted();
        failures.push(error);
        this.#current = (this.#current + 1) % this.#endpoints.length;
      }
    }
    if (failures.length === 1) throw failures[0];
    const message = `texlex: no texlexd could be asked: ${failures.map((error) => error.message).join("; ")}`;
    throw new ConnectionError(message, { cause: new AggregateError(failures) });
  }

  // ---- Batches

  async #settled(documents, asked, request) {
    const results = new Array(documents.length);
    let left = documents.map((_, index) => index);
    for (let tries = 0; left.length > 0; ++tries) {
      const groups = await this.#groups(left, documents, request, tries > 0 ? results : undefined);
      if (groups.length === 0) break;
      const next = groups[Symbol.iterator]();
      const work = async () => {
        for (const group of next) await this.#askGroup(group, documents, asked, request, results);
      };
      await Promise.all(Array.from({ length: batchesAtOnce }, work));
      const again = left.filter((index) => results[index].status === "rejected" && mayTryAgain(results[index].reason));
      if (again.length === 0 || tries >= request.retries) break;
      left = again;
      await pause(tries, results[left[0]].reason, request);
    }
    return results;
  }

  // Where no server is left for another try, what the last one brought stays.
  async #groups(numbers, documents, request, lastResults) {
    try {
      return await this.#tried(request, ({ hello }) => groupsOf(numbers, documents, hello));
    } catch (error) {
      request.signal.throwIfAborted();
      if (lastResults === undefined) throw error;
      return [];
    }
  }

  async #askGroup(group, documents, asked, request, results) {
    const settle = (index, outcome) => (results[index] = outcome);
    const tries = { ...request, retries: Math.min(request.retries, 1) };
    try {
      const outcomes = await this.#tried(tries, async (connection) => {
        // This may be another server than the one the group was made for, and take less at a time.
        const parts = groupsOf(group, documents, connection.hello);
        const ask = (part) => askPart(part.map((index) => documents[index]), asked, request, connection);
        return (await Promise.all(parts.map(ask))).flat();
      });
      group.forEach((index, i) => settle(index, outcomes[i]));
    } catch (reason) {
      request.signal.throwIfAborted();
      for (const index of group) settle(index, { status: "rejected", reason });
    }
  }
}

/** Documents by their numbers, as many in a group as a frame may have; one that is too large is alone. */
function groupsOf(numbers, documents, { batchDocumentsMax, documentBytesMax }) {
  const groups = [];
  const bytesMax = Math.min(documentBytesMax, framePayloadBytesMax - headBytesMax);
  const countMax = Math.min(batchDocumentsMax, documentsMax);
  let bytes = 0;
  for (const number of numbers) {
    const length = documents[number].length;
    const last = groups.at(-1);
    const fits = last !== undefined && last.length < countMax && bytes + length <= bytesMax;
    if (fits) last.push(number);
    else groups.push([number]);
    bytes = fits ? bytes + length : length;
  }
  return groups;
}

/** What one frame holds; gives an outcome a document. */
async function askPart(list, asked, request, connection) {
  if (list.length === 1) {
    try {
      refuseTooLarge(list[0], connection);
    } catch (reason) {
      return [{ status: "rejected", reason }];
    }
  }
  const how = connection.hello.batchDocumentsMax === 0 ? tokenizeAlone : batchExchange;
  return connection.exchange(how(list, asked, request, connection), request.signal);
}

const isShuttingDown = (error) => error instanceof StatusError && error.status === Status.shuttingDown;

function mayTryAgain(error) {
  return error instanceof ConnectionError || (error instanceof StatusError && error.worthAnotherTry);
}

// With chance in it, so that clients that were refused together do not come back together.
async function pause(tries, error, { signal, deadline }) {
  const told = error instanceof StatusError && error.retryAfterMs > 0 ? error.retryAfterMs : pauseMsFirst * 2 ** tries;
  const most = Math.min(told, pauseMsMax);
  const ms = most * (0.75 + Math.random() / 2);
  if (performance.now() + ms >= deadline) throw error;
  await passing(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
