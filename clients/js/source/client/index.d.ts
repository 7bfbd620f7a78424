/** TeX-faithful tokens of LaTeX documents, from texlexd over a socket. For Node. */
import type { ColumnName, Document, TokenizeOptions, Tokens } from "../index.js";

export { issueKindName, Kind, kindName } from "../index.js";
export type {
  ColumnName,
  ColumnUnit,
  Document,
  Issue,
  Names,
  Regime,
  Token,
  TokenizeOptions,
  Tokens,
  View,
} from "../index.js";

/** "unix:PATH", "tcp://HOST:PORT" or "tcp://[IPv6]:PORT". */
export type Endpoint = string;

export interface ClientOptions {
  /** To connect to one server and be greeted; 5000 unless said. */
  connectTimeoutMs?: number;
  /** For a request with all its tries; 30000 unless said. */
  timeoutMs?: number;
  /**
   * How often a request is tried again, where that may help; 3 unless said. What a server that goes away did not take
   * is sent to the next one at once, which is none of these tries.
   */
  retries?: number;
  /** Requests unanswered at a time, those that wait among them; beyond it: QueueFullError. 1024 unless said. */
  requestsMax?: number;
}

export interface RequestOptions {
  /** For this request with all its tries, instead of the client's. The server is told what is left of it. */
  timeoutMs?: number;
  /** How often it is tried again, instead of the client's. */
  retries?: number;
  /** Takes the request back: it is rejected with the signal's reason, and cancelled at the server. */
  signal?: AbortSignal;
}

/** Whose turn a request is, where several wait for a server's workers. */
export type Priority = "background" | "normal" | "interactive";

export interface RemoteTokenizeOptions extends TokenizeOptions, RequestOptions {
  /** What is sent: all unless said. Kinds and starts alone are several times as fast; of the others reading throws. */
  columns?: readonly (ColumnName | "issues")[];
  /**
   * "normal" unless said. "interactive": ahead of what else this client has waiting at the server; of nobody else's.
   * "background": behind what others want, and refused first where there is too much: give it a long `timeoutMs`.
   */
  priority?: Priority;
  /** Which trace it is part of, by W3C's Trace Context, such as "00-...": the server's log names it. */
  traceparent?: string;
}

/** What a server can do. */
export interface Hello {
  readonly version: number;
  readonly documentBytesMax: number;
  readonly requestsPerConnectionMax: number;
  readonly issuesMax: number;
  readonly headBytesMax: number;
  /** 0: none. */
  readonly batchDocumentsMax: number;
  /** Bits of the columns it can send. */
  readonly columns: number;
  /** Their names, the default first. */
  readonly regimes: readonly string[];
}

export type Outcome = { status: "fulfilled"; value: Tokens } | { status: "rejected"; reason: Error };

export declare class Client {
  /** Several endpoints are tried in turn. Connects at the first request. */
  constructor(endpoints: Endpoint | readonly Endpoint[], options?: ClientOptions);
  tokenize(document: Document, options?: RemoteTokenizeOptions): Promise<Tokens>;
  /** Many documents in few frames; an entry each, in their order. */
  tokenizeBatch(documents: Iterable<Document>, options?: RemoteTokenizeOptions): Promise<Outcome[]>;
  hello(options?: RequestOptions): Promise<Hello>;
  close(): Promise<void>;
}

/** Numbers of statuses that programs look for. */
export declare const Status: Readonly<{
  ok: 0;
  documentTooLarge: 3;
  overload: 6;
  shuttingDown: 9;
  tooManyConnections: 12;
  deadlineExceeded: 16;
}>;
/** Names of statuses by their numbers. */
export declare const statusNames: readonly string[];

/** The server answered, and not with tokens. */
export declare class StatusError extends Error {
  readonly status: number;
  readonly statusName: string;
  readonly endpoint: Endpoint;
  /** Of an overload, when to try again; 0: not known. */
  readonly retryAfterMs: number;
  readonly worthAnotherTry: boolean;
}
/** No server could be reached, or the connection was lost. */
export declare class ConnectionError extends Error {}
/** What came is not what texlexd sends. */
export declare class ProtocolError extends Error {}
/** The time the request was given is over. */
export declare class TimeoutError extends Error {}
/** The client has as many unanswered requests as it may. */
export declare class QueueFullError extends Error {}
/** The client was closed. */
export declare class ClosedError extends Error {}
