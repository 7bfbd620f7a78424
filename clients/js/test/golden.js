// The vectors that every client replays (test/golden), and what a test compares of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const vectors = JSON.parse(readFileSync(new URL("../../../test/golden/vectors.json", import.meta.url), "utf8"));

export const documentOf = (vector) => new Uint8Array(Buffer.from(vector.document, "base64"));

export const optionsOf = (vector) => ({
  regime: vector.regime,
  view: vector.view,
  columnUnit: vector.column_unit,
  issuesMax: vector.issues_max,
});

export const titleOf = (vector) => `${vector.name}, ${vector.regime}, ${vector.view}, ${vector.column_unit}`;

const numberColumns = ["kinds", "starts", "ends", "codes", "lines", "columns"];

/** Throws unless the tokens are those of the vector: columns, iteration, issues. */
export function assertAre(tokens, vector) {
  const title = titleOf(vector);
  assert.equal(tokens.length, vector.kinds.length, title);
  assert.ok(tokens.kinds instanceof Uint8Array && tokens.starts instanceof Uint32Array, title);
  for (const column of numberColumns)
    assert.deepEqual(Array.from(tokens[column]), vector[column], `${title}: ${column}`);
  assert.deepEqual([...tokens.names], vector.names, `${title}: names`);
  assert.equal(tokens.issueCount, vector.issue_count, title);
  assert.deepEqual(
    tokens.issues.map(({ kind }) => kind),
    vector.issue_kinds,
    title,
  );
  assert.deepEqual(
    tokens.issues.map(({ offset }) => offset),
    vector.issue_offsets,
    title,
  );
  const walked = [...tokens];
  assert.deepEqual(
    walked.map(({ start, end, line, column, name }) => [start, end, line, column, name]),
    vector.starts.map((start, i) => [start, vector.ends[i], vector.lines[i], vector.columns[i], vector.names[i]]),
    title,
  );
}
