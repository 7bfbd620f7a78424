import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import {
  Client,
  ClosedError,
  ConnectionError,
  QueueFullError,
  StatusError,
  TimeoutError,
} from "../source/client/index.js";
import { batchPayload, frame, greeting, helloPayload, pretendServer, tokenizedPayload } from "./pretended_server.js";

async function clientOf(context, behave, options) {
  const server = await pretendServer(context, behave);
  const client = new Client(server.endpoint, options);
  context.after(() => client.close());
  return Object.assign(client, { server });
}

const counts = { columns: [] };
const ok = ({ id }) => frame(9, id, tokenizedPayload({ tokens: 2 }));
const refused =
  (status, retryAfterMs = 0) =>
  ({ id }) =>
    frame(9, id, tokenizedPayload({ status, retryAfterMs }));
const overload = 6;
const shuttingDown = 9;
const internalError = 14;

test("a refusal that passes is tried again, as often as was said", async (context) => {
  let asked = 0;
  const client = await clientOf(
    context,
    greeting((each) => (++asked < 3 ? refused(overload, 1)(each) : ok(each))),
  );
  assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.equal(asked, 3);
  asked = 0;
  await assert.rejects(client.tokenize("a", { ...counts, retries: 1 }), { statusName: "overload", retryAfterMs: 1 });
  assert.equal(asked, 2);
});

test("a refusal that does not pass is not tried again", async (context) => {
  let asked = 0;
  const client = await clientOf(
    context,
    greeting((each) => (++asked, refused(internalError)(each))),
  );
  await assert.rejects(client.tokenize("a", counts), { statusName: "internal-error", worthAnotherTry: false });
  assert.equal(asked, 1);
});

test("another try that would come after the time limit is not waited for", async (context) => {
  let asked = 0;
  const client = await clientOf(
    context,
    greeting((each) => (++asked, refused(overload, 2000)(each))),
  );
  await assert.rejects(client.tokenize("a", { ...counts, timeoutMs: 1000 }), { statusName: "overload" });
  assert.equal(asked, 1);
});

test("a server that shuts down is left for the next", async (context) => {
  const leaving = await pretendServer(context, greeting(refused(shuttingDown)));
  const staying = await pretendServer(context, greeting(ok));
  const client = new Client([leaving.endpoint, staying.endpoint]);
  context.after(() => client.close());
  for (let i = 0; i < 3; ++i) assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.deepEqual([leaving.connections(), staying.connections()], [1, 1]);
});

test("too many connections are tried again later", async (context) => {
  const client = await clientOf(context, async (connection) => {
    if (connection.number > 0) return greeting(ok)(connection);
    connection.send(frame(2, 0, Uint8Array.of(0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
    connection.end();
  });
  assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.equal(client.server.connections(), 2);
});

test("no more requests are sent than the server allows, and the others wait for their turn", async (context) => {
  let inFlight = 0;
  let most = 0;
  const held = [];
  const answerAll = () =>
    held
      .splice(0)
      .reverse()
      .forEach((go) => go());
  const behave = greeting(
    (each, connection) => {
      most = Math.max(most, ++inFlight); // of what was sent, and not answered
      if (held.push(() => (--inFlight, connection.send(ok(each)))) === 1) setTimeout(answerAll, 20);
    },
    { requests: 3 },
  );
  const client = await clientOf(context, behave);
  const answers = await Promise.all(Array.from({ length: 30 }, () => client.tokenize("a", counts)));
  assert.equal(answers.length, 30);
  assert.equal(most, 3);
});

test("more requests than requestsMax are refused at once", async (context) => {
  const client = await clientOf(
    context,
    greeting(() => undefined),
    { requestsMax: 2 },
  );
  const waiting = [1, 2].map(() => client.tokenize("a", counts));
  await assert.rejects(client.tokenize("a", counts), QueueFullError);
  const settled = Promise.allSettled(waiting);
  await client.close();
  for (const { reason } of await settled) assert.ok(reason instanceof ClosedError);
  await assert.rejects(client.tokenize("a", counts), ClosedError);
});

test("a time limit is told to the server, and ends a request that is not answered by a cancel", async (context) => {
  const seen = [];
  const client = await clientOf(
    context,
    greeting((each) => {
      seen.push(each);
      if (each.type === 3) return frame(9, each.id, tokenizedPayload({ status: 7 }));
      return seen.length > 2 ? ok(each) : undefined;
    }),
  );
  await assert.rejects(client.tokenize("a", { ...counts, timeoutMs: 200 }), TimeoutError);
  assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.deepEqual(
    seen.map(({ type }) => type),
    [8, 3, 8],
  );
  assert.equal(seen[1].id, seen[0].id);
  const told = seen[0].payload.readUInt32LE(16);
  assert.ok(told >= 1 && told <= 200, `deadline ${told}`);
  assert.equal(client.server.connections(), 1, "the connection goes on");
});

test("a signal takes a request back with its reason, before, while waiting and in flight", async (context) => {
  const types = [];
  let tellCancelled;
  const cancelled = new Promise((resolve) => (tellCancelled = resolve));
  const behave = greeting(
    (each) => {
      types.push(each.type);
      if (each.type !== 3) return undefined;
      tellCancelled(each.id);
      return frame(9, each.id, tokenizedPayload({ status: 7 }));
    },
    { requests: 1 },
  );
  const client = await clientOf(context, behave);
  const reason = new Error("no longer needed");
  await assert.rejects(client.tokenize("a", { ...counts, signal: AbortSignal.abort(reason) }), reason);
  const controllers = [new AbortController(), new AbortController()];
  const [sent, waits] = controllers.map(({ signal }) => client.tokenize("a", { ...counts, signal }));
  await client.hello();
  controllers[1].abort(reason);
  await assert.rejects(waits, reason);
  controllers[0].abort(reason);
  await assert.rejects(sent, reason);
  await cancelled;
  assert.deepEqual(types, [8, 3], "what was not sent is not cancelled");
});

test("a batch whose server is lost goes to one that takes fewer documents at a time, or none", async (context) => {
  for (const [batchDocumentsMax, types] of [
    [2, [10, 10]],
    [0, [8, 8, 8, 8]],
  ]) {
    const asked = [];
    const client = await clientOf(context, async (connection) => {
      if (connection.number === 0) return greeting(() => void connection.destroy())(connection);
      const answer = (each) => {
        asked.push(each.type);
        const payload = tokenizedPayload({ tokens: 1 });
        return frame(each.type + 1, each.id, each.type === 10 ? batchPayload([payload, payload]) : payload);
      };
      return greeting(answer, { batchDocumentsMax })(connection);
    });
    const outcomes = await client.tokenizeBatch(["", "", "", ""], counts);
    assert.deepEqual(
      outcomes.map(({ value }) => value?.length),
      [1, 1, 1, 1],
    );
    assert.deepEqual(asked, types);
  }
});

test("a server that does not answer a cancel loses the connection, and its requests find another", async (context) => {
  const client = await clientOf(context, (connection) =>
    greeting(connection.number > 0 ? ok : () => undefined)(connection),
  );
  const patient = client.tokenize("a", counts);
  await assert.rejects(client.tokenize("b", { ...counts, timeoutMs: 50 }), TimeoutError);
  assert.equal((await patient).length, 2);
  assert.equal(client.server.connections(), 2);
});

test("a server that does not greet is given up after connectTimeoutMs", async (context) => {
  const client = await clientOf(context, () => {}, { connectTimeoutMs: 50, retries: 0 });
  await assert.rejects(
    client.tokenize("a"),
    (error) => error instanceof ConnectionError && /did not answer within 50 ms/.test(error.message),
  );
});

test("of a batch those are asked for again that were refused and may be", async (context) => {
  const asked = [];
  const client = await clientOf(
    context,
    greeting(({ type, id, payload }) => {
      assert.equal(type, 10);
      const count = payload.readUInt16LE(14);
      asked.push(count);
      const statuses = asked.length === 1 ? [0, overload, internalError, overload] : new Array(count).fill(0);
      return frame(
        11,
        id,
        batchPayload(statuses.map((status) => tokenizedPayload({ status, tokens: status === 0 ? 1 : 0 }))),
      );
    }),
  );
  const outcomes = await client.tokenizeBatch(["a", "b", "c", "d"], counts);
  assert.deepEqual(asked, [4, 2]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(outcomes[2].reason.statusName, "internal-error");
});

test("a server without batches is asked one by one", async (context) => {
  const client = await clientOf(
    context,
    greeting((each) => (assert.equal(each.type, 8), ok(each)), { batchDocumentsMax: 0 }),
  );
  const outcomes = await client.tokenizeBatch(["a", "b", "c"], counts);
  assert.deepEqual(
    outcomes.map(({ value }) => value.length),
    [2, 2, 2],
  );
});

test("an option that does not exist or cannot be honoured is refused by name", async (context) => {
  assert.throws(() => new Client([]), /address of one texlexd at least/);
  for (const wrong of [
    "/tmp/socket",
    "unix:",
    "tcp://host",
    "tcp://host:0",
    "tcp://host:65536",
    "http://host:1",
    7,
    undefined,
  ])
    assert.throws(() => new Client(wrong), /write unix:PATH, tcp:\/\/HOST:PORT/);
  assert.throws(
    () => new Client("unix:/a", { timeout: 1 }),
    /Client has no option "timeout"; it takes connectTimeoutMs/,
  );
  assert.throws(() => new Client("unix:/a", { timeoutMs: 0 }), /timeoutMs is an integer from 1/);
  const client = await clientOf(context, greeting(ok, { issuesMax: 10 }));
  await assert.rejects(client.tokenize("a", { column: [] }), /tokenize has no option "column"/);
  await assert.rejects(
    client.tokenize("a", { columns: ["start"] }),
    /column "start" does not exist; it is one of kinds, starts/,
  );
  await assert.rejects(client.tokenize("a", { columns: "starts" }), /columns is an array/);
  await assert.rejects(client.tokenize("a", { regime: "" }), /a regime's name has 1 to 64 bytes/);
  await assert.rejects(client.tokenize("a", { signal: {} }), /signal is an AbortSignal/);
  await assert.rejects(client.tokenize("a", { issuesMax: 11 }), /issuesMax 11, and unix:.* tells 10 at most/);
  assert.equal((await client.tokenize("a", counts)).length, 2);
});

test("a client at rest does not keep its process alive", async (context) => {
  const server = await pretendServer(context, greeting(ok));
  const entry = new URL("../source/client/index.js", import.meta.url);
  const program = `import { Client } from ${JSON.stringify(entry.href)};
    const client = new Client(${JSON.stringify(server.endpoint)});
    console.log((await client.tokenize("a", { columns: [] })).length);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (text) => (printed += text));
  context.after(() => child.kill("SIGKILL"));
  const [status] = await once(child, "exit");
  assert.deepEqual([status, printed], [0, "2\n"]);
});

test("what a server allows is told by hello", async (context) => {
  const client = await clientOf(context, async ({ frames, send }) => {
    for await (const { id } of frames) send(frame(7, id, helloPayload({ requests: 5, regimes: "plain\nlatex\n" })));
  });
  const { requestsPerConnectionMax, regimes, version } = await client.hello();
  assert.deepEqual([requestsPerConnectionMax, regimes, version], [5, ["plain", "latex"], 2]);
});
