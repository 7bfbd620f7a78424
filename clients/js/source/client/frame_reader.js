// Cuts what a socket gives into frames. Asks `admit` of each header before room for its payload is made, so that a
// server's word alone never takes memory.
import { ConnectionError } from "./errors.js";
import { headerBytes } from "./frames.js";

export class FrameReader {
  #admit;
  #deliver;
  #header = new Uint8Array(headerBytes);
  #headerFilled = 0;
  #frame; // whose payload is on its way
  #payloadFilled = 0;

  /**
   * `admit(frame)`, with `type`, `id` and `length`, throws if such a frame may not come, and says whether its payload
   * is wanted. `deliver(frame, payload)` gets each in turn; of one that is not wanted the payload is undefined.
   */
  constructor(admit, deliver) {
    this.#admit = admit;
    this.#deliver = deliver;
  }

  take(chunk) {
    for (let at = 0; at < chunk.length;) {
      at += this.#frame === undefined ? this.#takeHeader(chunk, at) : this.#takePayload(chunk, at);
    }
  }

  /** Whether what came last is a part of a frame. */
  get isWithinFrame() {
    return this.#frame !== undefined || this.#headerFilled > 0;
  }

  #takeHeader(chunk, at) {
    const part = chunk.subarray(at, at + headerBytes - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled < headerBytes) return part.length;
    this.#headerFilled = 0;
    const view = new DataView(this.#header.buffer);
    const frame = {
      type: view.getUint32(0),
      id: view.getUint32(4) * 2 ** 32 + view.getUint32(8),
      length: view.getUint32(12),
    };
    const wanted = this.#admit(frame);
    frame.payload = wanted ? roomFor(frame.length) : undefined;
    this.#frame = frame;
    this.#payloadFilled = 0;
    if (frame.length === 0) this.#finish();
    return part.length;
  }

  #takePayload(chunk, at) {
    const part = chunk.subarray(at, at + this.#frame.length - this.#payloadFilled);
    this.#frame.payload?.set(part, this.#payloadFilled);
    this.#payloadFilled += part.length;
    if (this.#payloadFilled === this.#frame.length) this.#finish();
    return part.length;
  }

  #finish() {
    const { payload, ...frame } = this.#frame;
    this.#frame = undefined;
    this.#deliver(frame, payload);
  }
}

// Not cleared: every byte is written before somebody sees it. A block of its own, so that columns are aligned.
function roomFor(length) {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
  } catch (cause) {
    throw new ConnectionError(`texlex: there is no memory for an answer of ${length} bytes`, { cause });
  }
}
