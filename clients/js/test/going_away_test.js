import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, ProtocolError } from "../source/client/index.js";
import { batchPayload, frame, greeting, helloPayload, pretendServer, tokenizedPayload } from "./pretended_server.js";

const counts = { columns: [] };
const ok = ({ id }) => frame(9, id, tokenizedPayload({ tokens: 2 }));
const refused = ({ id }) => frame(9, id, tokenizedPayload({ status: 9 }));

function goingAway(lastId, { bytes = 24, magic = 0x584c5854, id = 0 } = {}) {
  const payload = new Uint8Array(bytes);
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, magic, true);
  view.setUint16(4, 2, true);
  view.setBigUint64(8, 1n, true);
  view.setBigUint64(16, BigInt(lastId), true);
  payload.set(new Uint8Array(view.buffer).subarray(0, bytes));
  return frame(12, id, payload);
}

const helloWithGoingAway = (id) => {
  const payload = helloPayload();
  payload[8] = 1;
  return frame(7, id, payload);
};

test("what was not taken goes elsewhere before it is answered, and what was taken is answered", async (context) => {
  let mayAnswer;
  const elsewhere = new Promise((resolve) => (mayAnswer = resolve));
  const asked = [];
  const leaving = await pretendServer(context, async (connection) => {
    for await (const each of connection.frames) {
      if (each.type === 6) {
        assert.equal(each.payload.readUInt32LE(8), 1, "the hello asks to be told");
        connection.send(helloWithGoingAway(each.id));
        continue;
      }
      asked.push(each);
      if (asked.length < 3) continue;
      connection.send(goingAway(asked[0].id));
      await elsewhere; // without an answer to any
      connection.send(ok(asked[0]), refused(asked[1]), refused(asked[2]));
    }
  });
  const staying = await pretendServer(context, greeting(ok));
  const client = new Client([leaving.endpoint, staying.endpoint]);
  context.after(() => client.close());
  const [first, ...others] = ["a", "b", "c"].map((text) => client.tokenize(text, counts));
  let firstDone = false;
  first.then(() => (firstDone = true));
  for (const tokens of await Promise.all(others)) assert.equal(tokens.length, 2);
  assert.equal((await client.tokenize("d", counts)).length, 2);
  assert.equal(firstDone, false);
  mayAnswer();
  assert.equal((await first).length, 2);
  assert.equal(asked.length, 3);
  assert.deepEqual([leaving.connections(), staying.connections()], [1, 1]);
});

test("a connection whose server goes and on which nobody waits is ended, answered or not", async (context) => {
  const ended = [];
  const leaving = await pretendServer(context, async (connection) => {
    for await (const each of connection.frames)
      connection.send(each.type === 6 ? helloWithGoingAway(each.id) : goingAway(0)); // and never answers what was asked
    ended.push(connection.number);
  });
  const staying = await pretendServer(context, greeting(ok));
  const client = new Client([leaving.endpoint, staying.endpoint]);
  context.after(() => client.close());
  assert.equal((await client.tokenize("a", counts)).length, 2);
  while (ended.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ended, [0]);
});

test("an idle connection whose server goes is not asked again", async (context) => {
  const asked = [];
  const leaving = await pretendServer(context, async (connection) => {
    for await (const each of connection.frames) {
      if (each.type === 6) connection.send(helloWithGoingAway(each.id));
      else asked.push(each) && connection.send(ok(each), goingAway(each.id));
    }
  });
  const staying = await pretendServer(context, greeting(ok));
  const client = new Client([leaving.endpoint, staying.endpoint], { retries: 0 });
  context.after(() => client.close());
  for (let i = 0; i < 4; ++i) {
    assert.equal((await client.tokenize("a", counts)).length, 2);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(asked.length, 1);
});

test("a server that goes as soon as it is greeted is left for the next", async (context) => {
  const leaving = await pretendServer(context, async (connection) => {
    for await (const each of connection.frames) {
      assert.equal(each.type, 6, "nothing is sent to who takes nothing");
      connection.send(Buffer.concat([helloWithGoingAway(each.id), goingAway(0)]));
    }
  });
  const staying = await pretendServer(context, greeting(ok));
  const client = new Client([leaving.endpoint, staying.endpoint]);
  context.after(() => client.close());
  assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.equal(leaving.connections(), 1);
});

/** A server that is asked, and then goes and has taken nothing. Writes its name into `order` each time. */
const goesWhenAsked = (context, name, order) =>
  pretendServer(context, async (connection) => {
    for await (const each of connection.frames) {
      if (each.type === 6) {
        connection.send(helloWithGoingAway(each.id));
      } else {
        order.push(name);
        connection.send(goingAway(0));
      }
    }
  });

test("what was not taken goes from server to server without a try", async (context) => {
  const order = [];
  const leaving = await Promise.all(["a", "b", "c"].map((name) => goesWhenAsked(context, name, order)));
  const staying = await pretendServer(
    context,
    greeting((each) => (order.push("staying"), ok(each))),
  );
  const client = new Client([...leaving, staying].map(({ endpoint }) => endpoint), { retries: 0 });
  context.after(() => client.close());
  assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.deepEqual(order, ["a", "b", "c", "staying"]);
});

test("what was refused as shutting-down goes to the next server without a try", async (context) => {
  const order = [];
  const leaving = await pretendServer(
    context,
    greeting((each) => (order.push("leaving"), refused(each))),
  );
  const staying = await pretendServer(
    context,
    greeting((each) => (order.push("staying"), ok(each))),
  );
  const client = new Client([leaving.endpoint, staying.endpoint], { retries: 0 });
  context.after(() => client.close());
  for (let i = 0; i < 2; ++i) assert.equal((await client.tokenize("a", counts)).length, 2);
  assert.deepEqual(order, ["leaving", "staying", "staying"]);
});

test("a batch that was not taken goes to the next server without a try", async (context) => {
  const order = [];
  const leaving = await goesWhenAsked(context, "leaving", order);
  const staying = await pretendServer(
    context,
    greeting(({ type, id, payload }) => {
      order.push("staying");
      assert.equal(type, 10);
      assert.equal(payload.subarray(payload.readUInt32LE(0)).toString(), "abc");
      return frame(11, id, batchPayload([2, 3].map((tokens) => tokenizedPayload({ tokens }))));
    }),
  );
  const client = new Client([leaving.endpoint, staying.endpoint], { retries: 0 });
  context.after(() => client.close());
  const outcomes = await client.tokenizeBatch(["a", "bc"], counts);
  assert.deepEqual(
    outcomes.map(({ value }) => value.length),
    [2, 3],
  );
  assert.deepEqual(order, ["leaving", "staying"]);
});

test("servers that all go are each asked once a try", async (context) => {
  for (const [retries, expected] of [
    [0, ["a", "b"]],
    [1, ["a", "b", "a", "b"]],
    [2, ["a", "b", "a", "b", "a", "b"]],
  ]) {
    const order = [];
    const leaving = await Promise.all(["a", "b"].map((name) => goesWhenAsked(context, name, order)));
    const client = new Client(
      leaving.map(({ endpoint }) => endpoint),
      { retries },
    );
    context.after(() => client.close());
    await assert.rejects(client.tokenize("a", counts), { statusName: "shutting-down" });
    assert.deepEqual(order, expected);
  }
});

test("a server that is alone and goes is asked once a try", async (context) => {
  const order = [];
  const { endpoint } = await goesWhenAsked(context, "alone", order);
  const client = new Client(endpoint, { retries: 2 });
  context.after(() => client.close());
  await assert.rejects(client.tokenize("a", counts), { statusName: "shutting-down" });
  assert.deepEqual(order, ["alone", "alone", "alone"]);
});

test("where the next server cannot be reached, one that goes again costs a try", async (context) => {
  const order = [];
  const { endpoint } = await goesWhenAsked(context, "goes", order);
  const client = new Client([endpoint, `${endpoint}-not-there`], { retries: 1 });
  context.after(() => client.close());
  await assert.rejects(client.tokenize("a", counts), { statusName: "shutting-down" });
  assert.deepEqual(order, ["goes", "goes", "goes", "goes"]);
});

const nonsense = {
  "not offered": { hello: ({ id }) => frame(7, id, helloPayload()), told: ({ id }) => goingAway(id) },
  "of a request that was not sent": { told: ({ id }) => goingAway(id + 1) },
  "of an id that is none": { told: () => goingAway(2 ** 40) },
  "of an id that is as far as all ids": { told: ({ id }) => goingAway(id + 2 * 0xffffffff) },
  "of a request long before the first": { told: () => goingAway(3e9) },
  "too short": { told: ({ id }) => goingAway(id, { bytes: 23 }) },
  "too long": { told: ({ id }) => goingAway(id, { bytes: 4097 }) },
  "without its magic": { told: ({ id }) => goingAway(id, { magic: 1 }) },
  "under an id": { told: ({ id }) => goingAway(id, { id: 99 }) },
};
for (const [what, { hello = ({ id }) => helloWithGoingAway(id), told }] of Object.entries(nonsense))
  test(`a going-away ${what} is a ProtocolError`, async (context) => {
    const server = await pretendServer(context, async (connection) => {
      for await (const each of connection.frames) connection.send(each.type === 6 ? hello(each) : told(each));
    });
    const client = new Client(server.endpoint);
    context.after(() => client.close());
    await assert.rejects(client.tokenize("a", counts), ProtocolError);
  });
