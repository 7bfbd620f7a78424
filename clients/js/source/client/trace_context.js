// Which trace a request is part of, as W3C's Trace Context tells it: https://www.w3.org/TR/trace-context/.

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
const shownMax = 80;

/**
 * What stands in a request: the ids of the trace (16 bytes) and of the caller's span (8), flags (1). Of a later version
 * than 00 what this one has is read.
 */
export function parseTraceparent(text) {
  if (typeof text !== "string") throw new TypeError(`texlex: traceparent is a string, not ${String(text)}`);
  const parts = form.exec(text);
  if (parts === null)
    throw none(
      text,
      "there has to be 00-, 32 digits of the trace's id, -, 16 digits of the caller's span, -, 2 digits of flags, " +
        "all of them lower-case hexadecimal",
    );
  const [, version, traceId, parentId, flags, more] = parts;
  if (version === "ff") throw none(text, "a version is from 00 to fe");
  if (version === "00" && more !== undefined)
    throw none(text, `one of version 00 has 55 characters, and this ${text.length}`);
  if (/^0*$/.test(traceId) || /^0*$/.test(parentId)) throw none(text, "its two ids must not be all zeros");
  return Uint8Array.from((traceId + parentId + flags).match(/../g), (digits) => Number.parseInt(digits, 16));
}

function none(text, why) {
  const shown = JSON.stringify(text.length <= shownMax ? text : `${text.slice(0, shownMax)}...`);
  return new RangeError(`texlex: ${shown} is no traceparent: ${why}`);
}
