import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";

import { Client, ConnectionError } from "../source/client/index.js";
import { load } from "../source/index_node.js";
import { awkwardDocument, numbersFrom, seed } from "./awkward_document.js";
import { assertAre, documentOf, optionsOf, vectors } from "./golden.js";
import { startTexlexd } from "./running_texlexd.js";

/** A client of texlexds that ends with the test. */
function clientOf(context, endpoints, options) {
  const client = new Client(endpoints, options);
  context.after(() => client.close());
  return client;
}

test("texlexd gives the tokens of the golden vectors, one by one, pipelined and in batches", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  for (const vector of vectors) assertAre(await client.tokenize(documentOf(vector), optionsOf(vector)), vector);
  const pipelined = await Promise.all(vectors.map((each) => client.tokenize(documentOf(each), optionsOf(each))));
  pipelined.forEach((tokens, i) => assertAre(tokens, vectors[i]));
  const byOptions = new Map();
  for (const vector of vectors) {
    const key = JSON.stringify(optionsOf(vector));
    byOptions.set(key, [...(byOptions.get(key) ?? []), vector]);
  }
  for (const group of byOptions.values()) {
    const outcomes = await client.tokenizeBatch(group.map(documentOf), optionsOf(group[0]));
    outcomes.forEach(({ status, value, reason }, i) => {
      assert.equal(status, "fulfilled", reason?.message);
      assertAre(value, group[i]);
    });
  }
});

test("texlexd and the kernels in process say the same of random documents", async (context) => {
  context.diagnostic(`seed ${seed}; TEXLEX_SEED=${seed} replays it`);
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  const texlex = await load();
  const next = numbersFrom(seed);
  for (let round = 0; round < 150; ++round) {
    const document = awkwardDocument(next, 300);
    const options = {
      regime: texlex.regimes[next(texlex.regimes.length)],
      view: ["tex", "source"][next(2)],
      columnUnit: ["bytes", "code_points", "utf16"][next(3)],
      issuesMax: next(20),
    };
    const here = texlex.tokenize(document, options).derive();
    const there = await client.tokenize(document, options);
    for (const column of ["kinds", "starts", "ends", "codes", "lines", "columns", "names"])
      assert.deepEqual(there[column], here[column], `${column}, round ${round}`);
    assert.deepEqual(there.issues, here.issues);
    assert.equal(there.issueCount, here.issueCount);
  }
});

test("columns lie in what was received, without a copy", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  const document = new Uint8Array(100_000).fill(97);
  const tokens = await client.tokenize(document, { columns: ["kinds", "starts", "ends"] });
  assert.equal(tokens.kinds.buffer, tokens.starts.buffer);
  assert.equal(tokens.ends.buffer, tokens.starts.buffer);
  assert.ok(tokens.starts.buffer.byteLength >= 9 * tokens.length);
  assert.deepEqual(tokens.document, document);
  const outcomes = await client.tokenizeBatch([document, document], { columns: ["starts"] });
  assert.equal(outcomes[0].value.starts.buffer, outcomes[1].value.starts.buffer);
});

test("what was not asked for is not made up", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  const counts = await client.tokenize("a}b", { columns: [] });
  assert.deepEqual([counts.length, counts.issueCount], [4, 1]);
  assert.throws(() => counts.kinds, /not asked of the server: kinds/);
  assert.throws(() => counts.issues, /not asked of the server: issues/);
  const some = await client.tokenize("a", { columns: ["kinds", "ends"] });
  assert.throws(() => [...some], /not asked of the server: starts, codes, lines, columns, names; name it in/);
  assert.deepEqual([...some.ends], [1, 1]);
});

test("over TCP it is the same", async (context) => {
  const port = await freePort();
  await startTexlexd(context, ["--tcp-port", String(port)]);
  const client = clientOf(context, `tcp://127.0.0.1:${port}`);
  assert.equal((await client.tokenize("\\TeX")).at(0).name, "TeX");
});

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

test("a regime the server does not know is refused by its name, and the connection goes on", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  await assert.rejects(client.tokenize("a", { regime: "plane" }), {
    name: "StatusError",
    statusName: "unknown-regime",
  });
  assert.equal((await client.tokenize("a", { regime: "plain" })).regime, "plain");
  assert.equal((await client.tokenize("a")).regime, (await client.hello()).regimes[0]);
});

test("a document that is too large is refused without being sent, in a batch for itself", async (context) => {
  const client = clientOf(context, (await startTexlexd(context, ["--document-bytes-max", "1000"])).endpoint);
  const large = new Uint8Array(1001);
  await assert.rejects(client.tokenize(large), /document-too-large: a document of 1001 bytes; it takes 1000,/);
  const outcomes = await client.tokenizeBatch(["a", large, new Uint8Array(900), new Uint8Array(900)]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.equal(outcomes[1].reason.statusName, "document-too-large");
});

test("a batch of more documents than a frame holds takes several", async (context) => {
  const client = clientOf(context, (await startTexlexd(context)).endpoint);
  const documents = Array.from({ length: 1000 }, (_, i) => "x".repeat(i));
  const outcomes = await client.tokenizeBatch(documents, { columns: [] });
  outcomes.forEach(({ value }, i) => assert.equal(value.length, i + 1));
  assert.deepEqual(await client.tokenizeBatch([]), []);
});

test("where workers are processes tokens are those of the golden vectors too", async (context) => {
  const client = clientOf(context, (await startTexlexd(context, ["--isolation", "process"])).endpoint);
  for (const vector of vectors) assertAre(await client.tokenize(documentOf(vector), optionsOf(vector)), vector);
});

test("when a server is killed the next one is asked, also for what was in flight", async (context) => {
  const [first, second] = [await startTexlexd(context), await startTexlexd(context)];
  const client = clientOf(context, [first.endpoint, second.endpoint]);
  assert.equal((await client.tokenize("a")).length, 2);
  const document = "word ".repeat(100_000);
  const inFlight = Array.from({ length: 40 }, () => client.tokenize(document, { columns: ["kinds", "starts"] }));
  await first.stop("SIGKILL");
  for (const tokens of await Promise.all(inFlight)) assert.equal(tokens.length, 500_000);
  await second.stop();
  await assert.rejects(client.tokenize("a", { retries: 1 }), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, new RegExp(`no texlexd could be asked: .*${first.path}.*; .*${second.path}`));
    return true;
  });
});

test("a server that shuts down answers what it has, and is not asked again", async (context) => {
  const [first, second] = [await startTexlexd(context), await startTexlexd(context)];
  const client = clientOf(context, [first.endpoint, second.endpoint]);
  await client.tokenize("a");
  const document = "word ".repeat(100_000);
  const inFlight = Array.from({ length: 20 }, () => client.tokenize(document, { columns: [] }));
  const stopped = first.stop();
  for (const tokens of await Promise.all(inFlight)) assert.equal(tokens.length, 500_000);
  await stopped;
  assert.equal((await client.tokenize("ab")).length, 3);
});

test("a server that is started again is found again", async (context) => {
  const server = await startTexlexd(context);
  const client = clientOf(context, server.endpoint);
  assert.equal((await client.tokenize("a")).length, 2);
  await server.stop();
  await assert.rejects(client.tokenize("a", { retries: 0 }), ConnectionError);
  await startTexlexd(context, [], server.path);
  assert.equal((await client.tokenize("ab")).length, 3);
});
