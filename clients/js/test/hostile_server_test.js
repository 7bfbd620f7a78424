import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, ConnectionError, ProtocolError, StatusError } from "../source/client/index.js";
import { columnBits, responseBytesMax } from "../source/client/frames.js";
import { decodeBatchResponse, decodeHelloResponse, decodeTokenizeResponse } from "../source/client/responses.js";
import { numbersFrom, seed } from "./awkward_document.js";
import { batchPayload, frame, greeting, helloPayload, pretendServer, tokenizedPayload } from "./pretended_server.js";

async function clientOf(context, behave, options) {
  const server = await pretendServer(context, behave);
  const client = new Client(server.endpoint, options);
  context.after(() => client.close());
  return Object.assign(client, { server });
}

const starts = (...numbers) => new Uint8Array(Uint32Array.from(numbers).buffer);
const kindsAndStarts = ({ kinds = [11, 10], places = [0, 1], ...fields } = {}) =>
  tokenizedPayload({
    tokens: 2,
    entries: [
      { id: 1, type: 1, begin: 2, bytes: 2 },
      { id: 2, type: 2, begin: 3, bytes: 8 },
    ],
    columns: [Uint8Array.from(kinds), starts(...places)],
    ...fields,
  });
const asked = { columns: ["kinds", "starts"] };

test("an answer as it should be is taken, whatever lies in its reserved bytes", async (context) => {
  const payload = kindsAndStarts();
  payload.fill(255, 48, 64);
  const client = await clientOf(
    context,
    greeting(({ id }) => frame(9, id, payload)),
  );
  const tokens = await client.tokenize("a", asked);
  assert.deepEqual([...tokens.kinds, ...tokens.starts], [11, 10, 0, 1]);
});

test("a column that the client does not know is skipped", async (context) => {
  const payload = tokenizedPayload({
    tokens: 2,
    entries: [
      { id: 2, type: 2, begin: 2, bytes: 8 },
      { id: 77, type: 9, begin: 3, bytes: 5 },
    ],
    columns: [starts(0, 1), new Uint8Array(5)],
  });
  const client = await clientOf(
    context,
    greeting(({ id }) => frame(9, id, payload)),
  );
  assert.deepEqual([...(await client.tokenize("a", { columns: ["starts"] })).starts], [0, 1]);
});

const entry = (index, fields) => {
  const entries = [
    { id: 1, type: 1, begin: 2, bytes: 2 },
    { id: 2, type: 2, begin: 3, bytes: 8 },
  ];
  Object.assign(entries[index], fields);
  return kindsAndStarts({ entries });
};
const huge = 2n ** 63n;
const columnsElsewhere = () => {
  const payload = kindsAndStarts();
  payload[39] = 1;
  return payload;
};

const nonsense = {
  "no payload": new Uint8Array(0),
  "half a head": kindsAndStarts().slice(0, 63),
  "another magic": kindsAndStarts({ magic: 7 }),
  "another version": kindsAndStarts({ version: 3 }),
  "a length that is not its own": kindsAndStarts({ bytes: 64 }),
  "a length beyond all numbers": kindsAndStarts({ bytes: huge }),
  "columns of a refusal": kindsAndStarts({ status: 6 }),
  "more tokens than bytes": kindsAndStarts({ tokens: 3 }),
  "fewer tokens than entries": kindsAndStarts({ tokens: 1 }),
  "four billion tokens": kindsAndStarts({ tokens: 0xffffffff }),
  "another view": kindsAndStarts({ view: 1 }),
  "another unit": kindsAndStarts({ unit: 2 }),
  "columns in memory that was not asked for": columnsElsewhere(),
  "issues that were not asked for": kindsAndStarts({ issues: 1, told: 1 }),
  "a directory beyond the payload": tokenizedPayload({ entries: [], tokens: 2 }).map((byte, i) =>
    i === 6 ? 255 : byte,
  ),
  "a column twice": entry(1, { id: 1 }),
  "columns out of order": entry(0, { id: 3 }),
  "a column that was not asked for": entry(1, { id: 4 }),
  "a column of another type": entry(1, { type: 1 }),
  "a column within the head": entry(0, { begin: 0 }),
  "a column within another": entry(1, { begin: 2 }),
  "a column beyond the payload": entry(1, { begin: 4 }),
  "a column that reaches beyond the payload": entry(1, { bytes: 80 }),
  "a column without end": entry(1, { bytes: huge }),
  "a column that begins at the end of all numbers": entry(1, { begin: 0xffffffff }),
  "a column of half an entry": entry(1, { bytes: 7 }),
  "a missing column": tokenizedPayload({
    tokens: 2,
    entries: [{ id: 1, type: 1, begin: 2, bytes: 2 }],
    columns: [Uint8Array.of(11, 10)],
  }),
  "no columns at all": tokenizedPayload({ tokens: 2 }),
  "a start behind the document": kindsAndStarts({ places: [0, 2] }),
  "starts that go back": kindsAndStarts({ places: [1, 0] }),
  "a start twice": kindsAndStarts({ places: [1, 1] }),
};

for (const [what, payload] of Object.entries(nonsense))
  test(`${what} is a ProtocolError, and ends the connection`, async (context) => {
    const client = await clientOf(
      context,
      greeting(({ id }) => frame(9, id, payload)),
    );
    await assert.rejects(client.tokenize("a", asked), ProtocolError);
    await assert.rejects(client.tokenize("a", asked), ProtocolError);
    assert.equal(client.server.connections(), 2, "nothing is asked over the connection that brought it");
  });

const named = (offsets, names) =>
  tokenizedPayload({
    tokens: offsets.length - 1,
    entries: [
      { id: 7, type: 2, begin: 2, bytes: 4 * offsets.length },
      { id: 8, type: 1, begin: 3, bytes: new Uint8Array(names).length },
    ],
    columns: [starts(...offsets), new Uint8Array(names)],
  });
const nonsenseNames = {
  "names that begin behind the first byte": named([1, 3], 3),
  "names that go back": named([0, 4], 3),
  "names with something behind the last": named([0, 2], 3),
  "names that are no UTF-8": named([0, 1], [0xff]),
};
for (const [what, payload] of Object.entries(nonsenseNames))
  test(`${what} are a ProtocolError`, () => {
    const question = { columns: columnBits.names, viewNumber: 0, unitNumber: 1, issuesMax: 9 };
    assert.throws(() => decodeTokenizeResponse(payload, 1, question), ProtocolError);
    const right = decodeTokenizeResponse(named([0, 3], 3), 1, question);
    assert.deepEqual([...right.parts.nameOffsets], [0, 3]);
  });

test("a name that begins within a character is a ProtocolError", () => {
  const question = { columns: columnBits.names, viewNumber: 0, unitNumber: 1, issuesMax: 9 };
  const ö = [0xc3, 0xb6];
  assert.equal(decodeTokenizeResponse(named([0, 2, 2], ö), 1, question).length, 2);
  assert.throws(() => decodeTokenizeResponse(named([0, 1, 2], ö), 1, question), /within a character/);
});

test("ends that go back, lie behind the document or before their starts are a ProtocolError", () => {
  const question = { columns: columnBits.starts | columnBits.ends, viewNumber: 0, unitNumber: 1, issuesMax: 9 };
  const payload = (...ends) =>
    tokenizedPayload({
      tokens: 2,
      entries: [
        { id: 2, type: 2, begin: 2, bytes: 8 },
        { id: 3, type: 2, begin: 3, bytes: 8 },
      ],
      columns: [starts(0, 1), starts(...ends)],
    });
  assert.deepEqual([...decodeTokenizeResponse(payload(1, 1), 2, question).parts.ends], [1, 1]);
  for (const ends of [[2, 1], [1, 3], [0, 0]])
    assert.throws(() => decodeTokenizeResponse(payload(...ends), 2, question), ProtocolError, `${ends}`);
});

test("fewer issues than there are and were asked for are a ProtocolError", () => {
  const question = { columns: columnBits.issues, viewNumber: 0, unitNumber: 1, issuesMax: 2 };
  const payload = (told, offset = 0, last = offset) =>
    tokenizedPayload({
      issues: 3,
      told,
      entries: [
        { id: 9, type: 1, begin: 2, bytes: told },
        { id: 10, type: 2, begin: 3, bytes: 4 * told },
      ],
      columns: [new Uint8Array(Math.max(told, 1)), starts(...new Array(told - 1).fill(offset), last)],
    });
  assert.throws(() => decodeTokenizeResponse(payload(1), 5, question), /1 issues told where there are 3/);
  assert.throws(() => decodeTokenizeResponse(payload(3), 5, question), /3 issues told/);
  assert.throws(() => decodeTokenizeResponse(payload(2, 6), 5, question), /an issue behind the document's end/);
  assert.throws(() => decodeTokenizeResponse(payload(2, 4, 3), 5, question), /issues that do not ascend/);
  assert.equal(decodeTokenizeResponse(payload(2), 5, question).parts.issueKinds.length, 2);
});

const badHellos = {
  "half a hello": helloPayload().slice(0, 40),
  "a hello of another protocol": helloPayload().fill(0, 0, 4),
  "a hello whose fixed part reaches beyond it": helloPayload({ fixed: 9999 }),
  "a hello whose fixed part is too short": helloPayload({ fixed: 32 }),
  "a hello without a line feed at its end": helloPayload({ regimes: "latex\nplain" }),
  "a hello without regimes": helloPayload({ regimes: "" }),
  "a hello with a regime of no name": helloPayload({ regimes: "latex\n\n" }),
  "a hello with a regime that is no UTF-8": helloPayload().fill(255, 64, 65),
  "a hello that allows no requests": helloPayload({ requests: 0 }),
  "a hello of documents beyond all numbers": helloPayload({ documentBytesMax: huge }),
  "a hello of version 1": helloPayload({ version: 1 }),
  "a hello of version 3": helloPayload({ version: 3 }),
};
for (const [what, payload] of Object.entries(badHellos))
  test(`${what} is a ProtocolError`, async (context) => {
    const client = await clientOf(context, async ({ frames, send }) => {
      for await (const { id } of frames) send(frame(7, id, payload));
    });
    await assert.rejects(client.tokenize("a"), ProtocolError);
  });

const badFrames = {
  "a frame of a type that nobody sends": ({ id }) => frame(99, id, new Uint8Array(3)),
  "an answer under an id that is not in flight": ({ id }) => frame(9, id + 1, kindsAndStarts()),
  "a batch response to a tokenize frame": ({ id }) => frame(11, id, kindsAndStarts()),
  "a second hello response": () => frame(7, 0xffffffff, helloPayload()),
  "a response of version 1 that is too long": ({ id }) => frame(2, id, new Uint8Array(14)),
  "a response of version 1 that is too short": ({ id }) => frame(2, id, new Uint8Array(12)),
  "a response of version 1 that is ok": ({ id }) => frame(2, id, new Uint8Array(13)),
  "a last word that is ok": () => frame(2, 0, new Uint8Array(13)),
  "a refusal of version 1 under an id that is not in flight": ({ id }) => frame(2, id + 1, new Uint8Array(13).fill(6)),
  "a payload of 4 GiB": ({ id }) => {
    const bytes = frame(9, id, new Uint8Array(0));
    new DataView(bytes.buffer).setUint32(12, 0xffffffff);
    return bytes;
  },
};
for (const [what, answer] of Object.entries(badFrames))
  test(`${what} is a ProtocolError`, async (context) => {
    const client = await clientOf(context, greeting(answer));
    await assert.rejects(client.tokenize("a", asked), ProtocolError);
  });

test("a second hello response in one piece with the first is a ProtocolError", async (context) => {
  const client = await clientOf(context, async ({ frames, send }) => {
    for await (const { id } of frames) send(Buffer.concat([1, 2].map(() => frame(7, id, helloPayload()))));
  });
  await assert.rejects(client.tokenize("a"), ProtocolError);
});

test("an answer for which there is no memory is a ConnectionError", async (context) => {
  const client = await clientOf(context, greeting(({ id }) => frame(9, id, kindsAndStarts())), { retries: 0 });
  await client.hello();
  const noRoom = context.mock.method(Buffer, "allocUnsafeSlow", () => {
    throw new RangeError("Array buffer allocation failed");
  });
  await assert.rejects(
    client.tokenize("a", asked),
    (error) => error instanceof ConnectionError && /no memory for an answer of 256 bytes/.test(error.message),
  );
  noRoom.mock.restore();
  assert.equal((await client.tokenize("a", asked)).length, 2);
});

test("a batch has no more documents than a frame can say, whatever the server allows", async (context) => {
  const sizes = [];
  const answer = ({ id, payload }) => {
    sizes.push(payload.readUInt16LE(14));
    return frame(11, id, batchPayload(new Array(sizes.at(-1)).fill(tokenizedPayload({ tokens: 1 }))));
  };
  const client = await clientOf(context, greeting(answer, { batchDocumentsMax: 0xffffffff }));
  const outcomes = await client.tokenizeBatch(new Array(600).fill(""), { columns: [] });
  assert.ok(outcomes.every(({ status }) => status === "fulfilled"));
  assert.deepEqual(sizes, [256, 256, 88]);
});

test("what an answer may take is bounded by the document and what was asked for", async (context) => {
  const question = { columns: columnBits.kinds | columnBits.starts, issuesMax: 65536 };
  const most = responseBytesMax(1, question);
  assert.ok(most < 8192, `${most}`);
  const claim =
    (length) =>
    ({ id }) => {
      const bytes = frame(9, id, new Uint8Array(0));
      new DataView(bytes.buffer).setUint32(12, length);
      return bytes;
    };
  const tooMuch = await clientOf(context, greeting(claim(most + 1)));
  await assert.rejects(tooMuch.tokenize("a", asked), /a payload of \d+ bytes where there are \d+ at most/);
});

test("a batch response of other documents, or whose responses lie elsewhere, is a ProtocolError", () => {
  const batch = (count, begins, sizes, length = 256) => {
    const payload = new Uint8Array(length);
    const view = new DataView(payload.buffer);
    view.setUint32(0, 0x584c5854, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, count, true);
    view.setBigUint64(16, BigInt(length), true);
    begins.forEach((begin, i) => {
      view.setUint32(64 + 16 * i, begin, true);
      view.setBigUint64(72 + 16 * i, BigInt(sizes[i]), true);
    });
    return payload;
  };
  assert.equal(decodeBatchResponse(batch(2, [2, 3], [64, 64]), 2).payloads.length, 2);
  const wrong = [
    batch(1, [2], [64]),
    batch(3, [2, 3, 3], [64, 64, 0], 320),
    batch(2, [2, 2], [64, 64]),
    batch(2, [3, 2], [64, 64]),
    batch(2, [2, 3], [64, 65]),
    batch(2, [2, 5], [64, 0]),
    batch(2, [2, 3], [64, huge]),
    batch(2, [0, 3], [64, 64]),
    batch(0, [], []),
    batch(20, [], []),
    batch(2, [2, 3], [64, 64]).slice(0, 200),
  ];
  for (const payload of wrong) assert.throws(() => decodeBatchResponse(payload, 2), ProtocolError);
});

test("an answer with any bytes changed is read or a ProtocolError", (context) => {
  context.diagnostic(`seed ${seed}; TEXLEX_SEED=${seed} replays it`);
  const next = numbersFrom(seed);
  const question = { columns: columnBits.kinds | columnBits.starts, viewNumber: 0, unitNumber: 1, issuesMax: 9 };
  const bytes = [0, 1, 2, 3, 4, 64, 127, 128, 255];
  let read = 0;
  for (let round = 0; round < 20_000; ++round) {
    const payload = kindsAndStarts();
    for (let changes = 1 + next(3); changes > 0; --changes) payload[next(payload.length)] = bytes[next(bytes.length)];
    const cut = next(10) === 0 ? payload.subarray(0, next(payload.length)) : payload;
    for (const decode of [
      () => decodeTokenizeResponse(cut, 1, question),
      () => decodeBatchResponse(cut, 2),
      () => decodeHelloResponse(cut),
    ]) {
      try {
        decode();
        ++read;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }
  assert.ok(read > 0, "some changes do no harm");
});

test("a server that closes in the middle of a frame is a ConnectionError that says so", async (context) => {
  const behave = greeting(({ id }, connection) => {
    connection.send(frame(9, id, kindsAndStarts()).slice(0, 50));
    connection.end();
  });
  const client = await clientOf(context, behave, { retries: 0 });
  await assert.rejects(
    client.tokenize("a", asked),
    (error) => error instanceof ConnectionError && /in the middle of a frame/.test(error.message),
  );
});

test("a last word before the connection is closed is what requests fail with", async (context) => {
  const behave = greeting((_, connection) => {
    connection.send(frame(2, 0, Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
    connection.end();
  });
  const client = await clientOf(context, behave);
  await assert.rejects(
    client.tokenize("a"),
    (error) => error instanceof StatusError && error.statusName === "frame-too-large",
  );
});

test("a status that does not exist yet is an error by its number", async (context) => {
  const client = await clientOf(
    context,
    greeting(({ id }) => frame(9, id, tokenizedPayload({ status: 99 }))),
  );
  await assert.rejects(client.tokenize("a"), { name: "StatusError", status: 99, statusName: "status 99" });
});
