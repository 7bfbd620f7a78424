// What is asked of a server and made of its answer: the options of a request, its frames, its tokens.
import { readTokenizeOptions, indexAmong, refuseUnknown, tokenizeOptions } from "../options.js";
import { Names, Tokens } from "../tokens.js";
import { Status, StatusError } from "./errors.js";
import {
  columnNames,
  encodeRequestHead,
  FrameType,
  padded,
  priorities,
  regimeBytesMax,
  responseBytesMax,
} from "./frames.js";
import { decodeBatchResponse, decodeTokenizeResponse } from "./responses.js";
import { parseTraceparent } from "./trace_context.js";

const requestOptions = [
  ...tokenizeOptions,
  "columns",
  "priority",
  "traceparent",
  "timeoutMs",
  "retries",
  "signal",
];

/** The options of a request, checked as far as that needs no server. */
export function readRequest(options, of) {
  refuseUnknown(options, requestOptions, of);
  const { columns = columnNames, regime, priority = "normal", traceparent } = options;
  if (!Array.isArray(columns)) throw new TypeError(`texlex: columns is an array of ${columnNames.join(", ")}`);
  const bits = columns.reduce((sum, name) => sum | (1 << indexAmong(columnNames, name, "column")), 0);
  const regimeBytes = regime === undefined ? undefined : new TextEncoder().encode(String(regime));
  if (regimeBytes !== undefined && (regimeBytes.length === 0 || regimeBytes.length > regimeBytesMax))
    throw new RangeError(`texlex: a regime's name has 1 to ${regimeBytesMax} bytes`);
  return {
    ...readTokenizeOptions(options),
    columns: bits,
    regime,
    regimeBytes,
    priorityNumber: indexAmong(priorities, priority, "priority"),
    traceBytes: traceparent === undefined ? undefined : parseTraceparent(traceparent),
    issuesAsked: options.issuesMax,
  };
}

// More issues than a server tells are taken as that many, and nobody would know.
function withServersIssues(asked, { hello, endpointText }) {
  if (asked.issuesAsked > hello.issuesMax)
    throw new RangeError(
      `texlex: issuesMax ${asked.issuesAsked}, and ${endpointText} tells ${hello.issuesMax} at most`,
    );
  return { ...asked, issuesMax: Math.min(asked.issuesMax, hello.issuesMax) };
}

/** Refuses what the server would, without sending it. */
export function refuseTooLarge(bytes, { hello, endpointText }) {
  if (bytes.length <= hello.documentBytesMax) return;
  const because = `a document of ${bytes.length} bytes; it takes ${hello.documentBytesMax}, and was not sent this`;
  throw new StatusError(Status.documentTooLarge, endpointText, { because });
}

const millisecondsLeft = ({ deadline }) => Math.max(1, Math.ceil(deadline - performance.now()));

/** What `Connection.exchange` takes, for one document; it gives its tokens. */
export function tokenizeExchange(bytes, given, request, connection) {
  const asked = withServersIssues(given, connection);
  return {
    type: FrameType.tokenizeResponse,
    bytesMax: responseBytesMax(bytes.length, asked),
    encode: (id) => [encodeRequestHead(id, false, [bytes.length], asked, millisecondsLeft(request)), bytes],
    answered: (payload) => tokensOf(payload, bytes, asked, connection),
  };
}

/** The same of a batch of one, for a server that takes no batches. */
export function tokenizeAlone([bytes], asked, request, connection) {
  const exchange = tokenizeExchange(bytes, asked, request, connection);
  return { ...exchange, answered: (payload) => [outcomeOf(() => exchange.answered(payload))] };
}

/** The same of a batch; it gives an outcome a document. */
export function batchExchange(list, given, request, connection) {
  const asked = withServersIssues(given, connection);
  const lengths = list.map((bytes) => bytes.length);
  const room = lengths.reduce((sum, length) => sum + padded(responseBytesMax(length, asked), 64), 0);
  return {
    type: FrameType.batchResponse,
    bytesMax: 64 + padded(16 * list.length, 64) + room,
    encode: (id) => [encodeRequestHead(id, true, lengths, asked, millisecondsLeft(request)), ...list],
    answered: (payload) => {
      const { status, retryAfterMs, payloads } = decodeBatchResponse(payload, list.length);
      if (status !== Status.ok) throw new StatusError(status, connection.endpointText, { retryAfterMs });
      return payloads.map((each, i) => outcomeOf(() => tokensOf(each, list[i], asked, connection)));
    },
  };
}

function outcomeOf(make) {
  try {
    return { status: "fulfilled", value: make() };
  } catch (reason) {
    if (reason instanceof StatusError) return { status: "rejected", reason };
    throw reason;
  }
}

function tokensOf(payload, document, asked, { endpointText, hello }) {
  const answer = decodeTokenizeResponse(payload, document.length, asked);
  const { status, retryAfterMs, length, issueCount, parts } = answer;
  if (status !== Status.ok) throw new StatusError(status, endpointText, { retryAfterMs });
  const { nameOffsets, nameBytes, issueKinds, issueOffsets, ...columns } = parts;
  return new Tokens({
    document,
    regime: asked.regime ?? hello.regimes[0],
    view: asked.view,
    columnUnit: asked.columnUnit,
    length,
    issueCount,
    issueColumns: issueKinds === undefined ? undefined : { kinds: issueKinds, offsets: issueOffsets },
    columns: nameOffsets === undefined ? columns : { ...columns, names: new Names(nameOffsets, nameBytes) },
  });
}
