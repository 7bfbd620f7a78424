// One connection to a texlexd: hello, requests that follow each other without waiting, and their answers in any order.
// It ends once, for a reason, and then every request that is unanswered fails with it.
import net from "node:net";

import { ConnectionError, ProtocolError, Status, StatusError } from "./errors.js";
import { FrameReader } from "./frame_reader.js";
import { encodeCancel, encodeHello, FrameType } from "./frames.js";
import { decodeGoingAway, decodeHelloResponse, decodeResponse, tellsGoingAway } from "./responses.js";

const helloId = 0xffffffff; // none of a request
const helloBytesMax = 65536;
const responseBytes = 13;
const goingAwayBytesMax = 4096;

// A server answers a cancel at once. One that does not has lost its way, or the network has.
const cancelAnswerMs = 1000;

/** Whether a request's id was given behind another's, 0 of none: ids begin anew once all were given. */
function isBehind(id, other) {
  if (other === 0 || id === 0) return id !== 0;
  const distance = (id - other + helloId) % helloId;
  return distance !== 0 && distance < helloId / 2;
}

export class Connection {
  #socket;
  #reader;
  #endpoint;
  #hello;
  #helloArrived;
  #flights = new Map(); // by id
  #nextId = 1;
  #ended; // why, once it has
  #lastId = 0; // of a request that was sent
  #idsBeganAnew = false;
  #awaited = 0; // flights that somebody waits for
  #tellsGoingAway = false;
  #isGoingAway = false;
  #lastWord; // the status a server may say before it closes
  #placesTaken = 0; // among the requests in flight; also by those that are about to be sent
  #waiting = []; // for such a place

  /** Connects and says hello within so many milliseconds. */
  static async open(endpoint, limitMs, signal) {
    signal?.throwIfAborted();
    const connection = new Connection(endpoint);
    const giveUp = (why) => connection.#end(why);
    const late = () => giveUp(new ConnectionError(`texlexd at ${endpoint.text} did not answer within ${limitMs} ms`));
    const timer = setTimeout(late, limitMs);
    const onAbort = () => giveUp(signal.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await connection.#hello;
      if (connection.hello.version !== 2)
        throw new ProtocolError(`texlexd at ${endpoint.text} speaks version ${connection.hello.version}, and not 2`);
      connection.#rest();
      return connection;
    } catch (error) {
      giveUp(error);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  constructor(endpoint) {
    this.#endpoint = endpoint;
    this.#hello = new Promise((resolve, reject) => (this.#helloArrived = { resolve, reject }));
    this.#reader = new FrameReader(
      (frame) => this.#admit(frame),
      (frame, payload) => this.#deliver(frame, payload),
    );
    this.#socket = net.connect(endpoint.connect);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#end(this.#lost(error)));
    this.#socket.on("end", () => this.#end(this.#lost()));
    this.#socket.on("close", () => this.#end(this.#lost()));
    this.#socket.write(encodeHello(helloId));
  }

  get isOpen() {
    return this.#ended === undefined;
  }
  /** The server has said that it takes no more requests. What it took is still answered. */
  get isGoingAway() {
    return this.#isGoingAway;
  }
  get endpointText() {
    return this.#endpoint.text;
  }

  /**
   * Sends a request once there is a place for it, and gives what `answered` makes of its response's payload.
   * `encode(id)` gives the parts of its frame; `bytesMax` is what the payload may take. `signal` takes it back.
   */
  async exchange({ encode, type, bytesMax, answered }, signal) {
    await this.#place(signal);
    const id = this.#freeId();
    const parts = this.#encoded(encode, id, signal);
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#takeBack(id);
      const flight = { type, bytesMax, answered, signal, onAbort, resolve, reject, isTakenBack: false };
      this.#flights.set(id, flight);
      ++this.#awaited;
      this.#lastId = id;
      signal.addEventListener("abort", onAbort, { once: true });
      this.#socket.ref();
      this.#socket.cork();
      for (const part of parts) if (part.length > 0) this.#socket.write(part);
      this.#socket.uncork();
    });
  }

  /** Ends it; what is unanswered fails for this reason. */
  end(reason) {
    this.#end(reason);
  }

  // ---- Places among the requests in flight

  async #place(signal) {
    signal.throwIfAborted();
    while (this.#takesMore && this.#placesTaken >= this.hello.requestsPerConnectionMax) await this.#turn(signal);
    this.#throwUnlessTakesMore();
    ++this.#placesTaken;
  }

  get #takesMore() {
    return this.isOpen && !this.#isGoingAway;
  }

  #throwUnlessTakesMore() {
    if (!this.isOpen) throw this.#ended;
    if (this.#isGoingAway) throw this.#shuttingDown();
  }

  #leavePlace() {
    --this.#placesTaken;
    this.#waiting.shift()?.go();
  }

  // Who has a place and does not take it leaves it to the next.
  #encoded(encode, id, signal) {
    try {
      signal.throwIfAborted();
      this.#throwUnlessTakesMore();
      return encode(id);
    } catch (error) {
      this.#leavePlace();
      throw error;
    }
  }

  #turn(signal) {
    return new Promise((resolve, reject) => {
      const waiter = { go: () => (signal.removeEventListener("abort", giveUp), resolve()) };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #freeId() {
    while (this.#flights.has(this.#nextId)) this.#nextId = (this.#nextId % (helloId - 1)) + 1;
    const id = this.#nextId;
    this.#nextId = (id % (helloId - 1)) + 1;
    this.#idsBeganAnew ||= this.#nextId === 1;
    return id;
  }

  // ---- What comes

  #take(chunk) {
    if (!this.isOpen) return;
    try {
      this.#reader.take(chunk);
    } catch (error) {
      this.#end(error);
    }
  }

  #admit({ type, id, length }) {
    if (!this.isOpen) throw this.#ended;
    const flight = this.#flights.get(id);
    const bytesMax = this.#bytesMaxOf(type, id, flight);
    if (length > bytesMax) throw this.#nonsense(`a payload of ${length} bytes where there are ${bytesMax} at most`);
    return !(flight?.type === type && flight.isTakenBack);
  }

  #bytesMaxOf(type, id, flight) {
    if (type === FrameType.response) return responseBytes;
    if (type === FrameType.helloResponse && id === helloId && this.hello === undefined) return helloBytesMax;
    if (type === FrameType.goingAway && id === 0 && this.#tellsGoingAway) return goingAwayBytesMax;
    if (flight?.type === type) return flight.bytesMax;
    throw this.#nonsense(`a frame of type ${type} under id ${id}, which nobody waits for`);
  }

  #deliver({ type, id }, payload) {
    if (type === FrameType.helloResponse) return this.#greeted(payload);
    if (type === FrameType.goingAway) return this.#goAway(decodeGoingAway(payload));
    if (type === FrameType.response) return this.#refuse(id, decodeResponse(payload));
    const flight = this.#land(id);
    if (flight.isTakenBack) return;
    try {
      flight.resolve(flight.answered(payload));
    } catch (error) {
      flight.reject(error);
      if (error instanceof ProtocolError) this.#end(error);
    }
  }

  #greeted(payload) {
    this.hello = decodeHelloResponse(payload); // at once: what comes with it in one piece is read by it
    this.#tellsGoingAway = tellsGoingAway(payload);
    this.#helloArrived.resolve();
  }

  // What was sent behind the last request that was taken fails at once, so that it is sent elsewhere. Its answer, which
  // comes all the same, is not waited for.
  #goAway(lastTaken) {
    if (!this.#wasSent(lastTaken)) throw this.#nonsense(`that it took request ${lastTaken}, which was not sent`);
    this.#isGoingAway = true;
    for (const [id, flight] of this.#flights) {
      if (flight.isTakenBack || !isBehind(id, lastTaken)) continue;
      this.#letBe(flight);
      flight.signal.removeEventListener("abort", flight.onAbort);
      flight.reject(this.#shuttingDown());
    }
    for (const waiter of this.#waiting.splice(0)) waiter.go();
    this.#rest();
  }

  #wasSent(id) {
    if (id >= helloId || isBehind(id, this.#lastId)) return false;
    return id <= this.#lastId || this.#idsBeganAnew;
  }

  #shuttingDown() {
    return new StatusError(Status.shuttingDown, this.#endpoint.text);
  }

  // A status alone. If it is no request's, it is the last word on this connection.
  #refuse(id, { status, retryAfterMs }) {
    const error = new StatusError(status, this.#endpoint.text, { retryAfterMs });
    if (this.hello === undefined) return this.#end(error);
    if (id === 0) {
      this.#lastWord = error;
      return;
    }
    if (!this.#flights.has(id)) throw this.#nonsense(`${error.statusName} under id ${id}, which nobody waits for`);
    const flight = this.#land(id);
    if (!flight.isTakenBack) flight.reject(error);
  }

  #land(id) {
    const flight = this.#flights.get(id);
    this.#flights.delete(id);
    clearTimeout(flight.cancelTimer);
    flight.signal.removeEventListener("abort", flight.onAbort);
    if (!flight.isTakenBack) --this.#awaited;
    this.#leavePlace();
    this.#rest();
    return flight;
  }

  // Nobody waits for it, and whatever it is answered is skipped.
  #letBe(flight) {
    flight.isTakenBack = true;
    --this.#awaited;
  }

  // A connection on which nothing is awaited does not keep the process alive, and is of no use if its server goes.
  #rest() {
    if (this.#awaited > 0) return;
    this.#socket.unref();
    if (this.#isGoingAway) this.#end(this.#shuttingDown());
  }

  #takeBack(id) {
    const flight = this.#flights.get(id);
    this.#letBe(flight);
    flight.reject(flight.signal.reason);
    this.#socket.write(encodeCancel(id));
    const late = () =>
      this.#end(
        new ConnectionError(`texlexd at ${this.#endpoint.text} did not answer a cancel within ${cancelAnswerMs} ms`),
      );
    flight.cancelTimer = setTimeout(late, cancelAnswerMs);
    flight.cancelTimer.unref();
    this.#rest();
  }

  // ---- The end

  #nonsense(what) {
    return new ProtocolError(`texlexd at ${this.#endpoint.text} sent ${what}`);
  }

  #lost(cause) {
    if (this.#lastWord !== undefined) return this.#lastWord;
    const where = this.#reader.isWithinFrame ? " in the middle of a frame" : "";
    const why = cause === undefined ? `the connection was closed${where}` : cause.message;
    return new ConnectionError(`texlexd at ${this.#endpoint.text}: ${why}`, { cause });
  }

  #end(reason) {
    if (!this.isOpen) return;
    this.#ended = reason;
    this.#socket.destroy();
    this.#helloArrived.reject(reason);
    this.#hello.catch(() => {}); // where nobody waits for it, `open` has given it up already
    for (const id of [...this.#flights.keys()]) {
      const flight = this.#land(id);
      if (!flight.isTakenBack) flight.reject(reason);
    }
    for (const waiter of this.#waiting.splice(0)) waiter.go();
  }
}
