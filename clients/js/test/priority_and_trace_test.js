import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Client, ProtocolError } from "../source/client/index.js";
import { priorities } from "../source/client/frames.js";
import { parseTraceparent } from "../source/client/trace_context.js";
import { load } from "../source/index_node.js";
import { batchPayload, frame, greeting, helloPayload, pretendServer, tokenizedPayload } from "./pretended_server.js";
import { startTexlexd } from "./running_texlexd.js";

const counts = { columns: [] };
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; // the standard's own example
const traceBytes = "0af7651916cd43dd8448eb211c80319c" + "b7ad6b7169203331" + "01";
const traceOption = "04001900" + traceBytes + "000000";
const priorityOption = (level) => `05000100${level}000000`;
const plainOption = "01000500" + "706c61696e" + "000000";

function clientOf(context, endpoints) {
  const client = new Client(endpoints);
  context.after(() => client.close());
  return client;
}

/** Where documents begin, the options before them, and what is behind those. */
function partsOf({ type, payload }) {
  const headBytes = payload.readUInt32LE(0);
  const documents = payload.readUInt16LE(14);
  return {
    type,
    options: payload.subarray(32, headBytes - 4 * documents).toString("hex"),
    lengths: Array.from({ length: documents }, (_, i) => payload.readUInt32LE(headBytes - 4 * (documents - i))),
    documents: payload.subarray(headBytes).toString(),
  };
}

const said = {
  nothing: [{}, ""],
  "the usual priority": [{ priority: "normal" }, ""],
  "background work": [{ priority: "background" }, priorityOption("00")],
  "an interactive request": [{ priority: "interactive" }, priorityOption("02")],
  "no trace": [{ traceparent: undefined }, ""],
  "a trace": [{ traceparent }, traceOption],
  "all of it": [
    { regime: "plain", traceparent, priority: "background" },
    plainOption + traceOption + priorityOption("00"),
  ],
};
for (const [what, [options, bytes]] of Object.entries(said))
  test(`${what} is said before the document, alone and in a batch`, async (context) => {
    const seen = [];
    const server = await pretendServer(
      context,
      greeting((each) => {
        seen.push(partsOf(each));
        if (each.type === 8) return frame(9, each.id, tokenizedPayload({ tokens: 2 }));
        const payloads = new Array(each.payload.readUInt16LE(14)).fill(tokenizedPayload({ tokens: 2 }));
        return frame(11, each.id, batchPayload(payloads));
      }),
    );
    const client = clientOf(context, server.endpoint);
    assert.equal((await client.tokenize("ab", { ...counts, ...options })).length, 2);
    const outcomes = await client.tokenizeBatch(["a", "cd"], { ...counts, ...options });
    assert.deepEqual(
      outcomes.map(({ value }) => value.length),
      [2, 2],
    );
    assert.deepEqual(seen, [
      { type: 8, options: bytes, lengths: [], documents: "ab" },
      { type: 10, options: bytes, lengths: [1, 2], documents: "acd" },
    ]);
  });

test("priorities are those of the protocol's document", async () => {
  const text = await readFile(new URL("../../../docs/protocol-2.md", import.meta.url), "utf8");
  const [, numbers, usual] = /\| priority \| 1 byte: (.*?); without it (\w+) \|/.exec(text);
  assert.deepEqual(
    numbers.split(", "),
    priorities.map((name, number) => `${number} ${name}`),
  );
  assert.equal(usual, "normal");
});

test("a traceparent is read as the standard has it", () => {
  const hexadecimal = (text) => Buffer.from(parseTraceparent(text)).toString("hex");
  assert.equal(hexadecimal(traceparent), traceBytes);
  assert.equal(hexadecimal(traceparent.slice(0, -2) + "fe"), traceBytes.slice(0, -2) + "fe");
  const later = "cc" + traceparent.slice(2);
  for (const text of [later, `${later}-what-comes-then`, `${later}-`, `${later}-a\nb`])
    assert.equal(hexadecimal(text), traceBytes);
});

const noTraceparents = {
  "no text": ["", /"" is no traceparent: .* lower-case hexadecimal/],
  "a text that is too short": [traceparent.slice(0, -1), /2 digits of flags/],
  "a text without its begin": [traceparent.slice(1), /lower-case hexadecimal/],
  "more than version 00 has": [`${traceparent}-more`, /version 00 has 55 characters, and this 60/],
  "a line feed behind it": [`${traceparent}\n`, /lower-case hexadecimal/],
  "the version that is none": ["ff" + traceparent.slice(2), /a version is from 00 to fe/],
  "a later version and more without a dash": [`cc${traceparent.slice(2)}more`, /lower-case hexadecimal/],
  "upper case": [traceparent.toUpperCase(), /lower-case hexadecimal/],
  "a trace of zeros": [`00-${"0".repeat(32)}-b7ad6b7169203331-01`, /ids must not be all zeros/],
  "a span of zeros": [`00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`, /ids must not be all zeros/],
  "a whole document": ["x".repeat(100_000), /"x{80}\.\.\." is no traceparent/],
};

test("what is no priority or no traceparent is refused with what there is, and nothing is sent", async (context) => {
  const server = await pretendServer(
    context,
    greeting(() => assert.fail("it was sent")),
  );
  const client = clientOf(context, server.endpoint);
  const refused = async (options, name, message) => {
    await assert.rejects(client.tokenize("a", options), { name, message });
    await assert.rejects(client.tokenizeBatch(["a"], options), { name, message });
  };
  for (const priority of ["urgent", "", "Normal", 2, null, true])
    await refused({ priority }, "RangeError", /does not exist; it is one of background, normal, interactive$/);
  for (const [text, message] of Object.values(noTraceparents))
    await refused({ traceparent: text }, "RangeError", message);
  for (const given of [null, 7, new Uint8Array(25), [traceparent]])
    await refused({ traceparent: given }, "TypeError", /traceparent is a string/);
  assert.equal(server.connections(), 0);
});

test("no character of a traceparent may be another", () => {
  for (let at = 0; at < traceparent.length; ++at)
    assert.throws(() => parseTraceparent(`${traceparent.slice(0, at)}g${traceparent.slice(at + 1)}`), RangeError);
});

test("in process there is no server whose turn it could be", async () => {
  const texlex = await load();
  assert.throws(() => texlex.tokenize("a", { priority: "interactive" }), /has no option "priority"/);
  assert.throws(() => texlex.tokenize("a", { traceparent }), /has no option "traceparent"/);
});

test("a server of version 1 is sent the hello alone", async (context) => {
  const types = [];
  const server = await pretendServer(context, async (connection) => {
    for await (const { type, id } of connection.frames) {
      types.push(type);
      connection.send(frame(7, id, helloPayload({ version: 1 })));
    }
  });
  const client = clientOf(context, server.endpoint);
  for (const options of [{ priority: "background" }, { priority: "interactive" }, { traceparent }])
    await assert.rejects(
      client.tokenize("a", { ...counts, ...options }),
      (error) => error instanceof ProtocolError && /speaks version 1, and not 2/.test(error.message),
    );
  assert.deepEqual(types, [6, 6, 6]);
});

test("a server that does not know an option refuses it, and is not asked without it", async (context) => {
  let asked = 0;
  const server = await pretendServer(
    context,
    greeting(({ id }) => (++asked, frame(9, id, tokenizedPayload({ status: 18 })))),
  );
  const client = clientOf(context, server.endpoint);
  await assert.rejects(client.tokenize("a", { ...counts, traceparent }), { statusName: "unsupported-option" });
  assert.equal(asked, 1);
});

test("texlexd takes every priority with a trace", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  for (const priority of priorities) {
    const options = { priority, traceparent, regime: "plain" };
    assert.equal((await client.tokenize("\\a{b}", options)).length, 5);
    const outcomes = await client.tokenizeBatch(["a", "bc"], options);
    assert.deepEqual(
      outcomes.map(({ value }) => value.length),
      [2, 3],
    );
  }
});

test("the log of texlexd names the trace of a request that is lost", async (context) => {
  const server = await startTexlexd(context, ["--test-crash-marker", "%die", "--test-crash-count", "2"]);
  const client = clientOf(context, server.endpoint);
  const document = `%die\n${"a".repeat(10_000)}`;
  await assert.rejects(client.tokenize(document, { traceparent, priority: "interactive" }), {
    statusName: "worker-lost",
  });
  await server.stop();
  const line = `, traceparent ${traceparent}, with a document of 10005 bytes ends with worker-lost`;
  assert.ok(server.log().includes(line), server.log());
});
