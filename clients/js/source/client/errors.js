// What can go wrong between a client and texlexd, each as a class of its own.

/** Names of statuses by their numbers: docs/protocol.md. */
export const statusNames = Object.freeze([
  "ok",
  "malformed-frame",
  "unknown-type",
  "document-too-large",
  "frame-too-large",
  "duplicate-id",
  "overload",
  "cancelled",
  "worker-lost",
  "shutting-down",
  "frame-timeout",
  "frame-cut-short",
  "too-many-connections",
  "no-worker",
  "internal-error",
  "condemned-document",
  "deadline-exceeded",
  "unknown-regime",
  "unsupported-option",
  "bad-descriptor",
  "descriptor-lost",
]);

export const Status = Object.freeze({
  ok: 0,
  documentTooLarge: 3,
  overload: 6,
  shuttingDown: 9,
  tooManyConnections: 12,
  deadlineExceeded: 16,
});

const worthAnotherTry = new Set([
  Status.overload,
  Status.deadlineExceeded,
  Status.shuttingDown,
  Status.tooManyConnections,
]);

/** The server answered, and not with tokens. */
export class StatusError extends Error {
  constructor(status, endpoint, { retryAfterMs = 0, because } = {}) {
    const name = statusNames[status] ?? `status ${status}`;
    super(`texlexd at ${endpoint} answered ${name}${because === undefined ? "" : `: ${because}`}`);
    this.name = "StatusError";
    this.status = status;
    this.statusName = name;
    this.endpoint = endpoint;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may be answered with tokens later, or elsewhere. */
  get worthAnotherTry() {
    return worthAnotherTry.has(this.status);
  }
}

/** No server could be reached, or the connection to it was lost. */
export class ConnectionError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ConnectionError";
  }
}

/** What came is not what texlexd sends. The connection is ended. */
export class ProtocolError extends Error {
  constructor(message) {
    super(message);
    this.name = "ProtocolError";
  }
}

/** The time the request was given is over. */
export class TimeoutError extends Error {
  constructor(message) {
    super(message);
    this.name = "TimeoutError";
  }
}

/** The client has as many unanswered requests as it may. */
export class QueueFullError extends Error {
  constructor(requestsMax) {
    super(`texlex: ${requestsMax} requests are unanswered, as many as the option requestsMax allows; wait for some`);
    this.name = "QueueFullError";
  }
}

/** `close` was called. */
export class ClosedError extends Error {
  constructor() {
    super("texlex: this client is closed");
    this.name = "ClosedError";
  }
}
