// What callers ask for, checked: an option that does not exist or cannot be honoured is refused, never ignored.
import { columnUnits, views } from "./names.js";

export const issuesMaxDefault = 65536;
const uint32Max = 0xffffffff;

/** Throws a TypeError for a key that is not in `known`. */
export function refuseUnknown(options, known, of) {
  if (options === null || typeof options !== "object") throw new TypeError(`texlex: options of ${of} are an object`);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(`texlex: ${of} has no option ${JSON.stringify(key)}; it takes ${known.join(", ")}`);
  }
}

/** The number of `value` among `names`. */
export function indexAmong(names, value, option) {
  const index = names.indexOf(value);
  if (index >= 0) return index;
  throw new RangeError(`texlex: ${option} ${JSON.stringify(value)} does not exist; it is one of ${names.join(", ")}`);
}

/** An integer from `least` to `most`. */
export function integer(value, option, least = 0, most = uint32Max) {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`texlex: ${option} is an integer from ${least} to ${most}, not ${String(value)}`);
}

export function flag(value, option) {
  if (typeof value === "boolean") return value;
  throw new TypeError(`texlex: ${option} is true or false, not ${String(value)}`);
}

/** What tokenizing in process and over a socket have in common. */
export const tokenizeOptions = Object.freeze(["regime", "view", "columnUnit", "issuesMax", "copyDocument"]);

export function readTokenizeOptions({
  view = "tex",
  columnUnit = "code_points",
  issuesMax = issuesMaxDefault,
  copyDocument = false,
}) {
  return {
    view,
    viewNumber: indexAmong(views, view, "view"),
    columnUnit,
    unitNumber: indexAmong(columnUnits, columnUnit, "columnUnit"),
    issuesMax: integer(issuesMax, "issuesMax"),
    copyDocument: flag(copyDocument, "copyDocument"),
  };
}
