import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { issueKindName, Kind, kindName, load } from "../source/index_node.js";
import { Scanner } from "../source/scanner.js";
import { awkwardDocument, numbersFrom, seed } from "./awkward_document.js";
import { assertAre, documentOf, optionsOf, titleOf, vectors } from "./golden.js";

const kernels = ["simd128", "reference"];
const bytes = (text) => new TextEncoder().encode(text);

test("there are golden vectors to replay", () => assert.ok(vectors.length > 100));

for (const kernel of kernels)
  test(`the ${kernel} kernel gives the tokens of the golden vectors`, async () => {
    const texlex = await load({ kernel });
    assert.equal(texlex.kernel, kernel);
    for (const vector of vectors) assertAre(texlex.tokenize(documentOf(vector), optionsOf(vector)), vector);
  });

test("the place of a byte offset is what the columns say of the token that starts there", async () => {
  const texlex = await load();
  for (const vector of vectors) {
    const tokens = texlex.tokenize(documentOf(vector), optionsOf(vector));
    for (let i = 0; i < tokens.length; i += 1 + (i >> 3))
      assert.deepEqual(
        tokens.place(tokens.starts[i]),
        { line: vector.lines[i], column: vector.columns[i] },
        titleOf(vector),
      );
  }
});

test("both kernels give the same columns of random documents", async (context) => {
  context.diagnostic(`seed ${seed}; TEXLEX_SEED=${seed} replays it`);
  const [wide, reference] = await Promise.all(kernels.map((kernel) => load({ kernel })));
  const next = numbersFrom(seed);
  for (let round = 0; round < 300; ++round) {
    const document = awkwardDocument(next, round % 10 === 0 ? 4000 : 200);
    const options = {
      regime: wide.regimes[next(wide.regimes.length)],
      view: ["tex", "source"][next(2)],
      columnUnit: ["bytes", "code_points", "utf16"][next(3)],
    };
    const [one, other] = [wide, reference].map((texlex) => texlex.tokenize(document, options).derive());
    for (const column of ["kinds", "starts", "ends", "codes", "lines", "columns"])
      assert.ok(Buffer.from(one[column].buffer).equals(Buffer.from(other[column].buffer)), `${column}, round ${round}`);
    assert.deepEqual(one.names, other.names);
    assert.deepEqual(one.issues, other.issues);
    if (options.view === "tex") continue;
    for (let i = 0; i < one.length; ++i)
      assert.equal(one.ends[i], i + 1 < one.length ? one.starts[i + 1] : document.length, "no byte is left out");
  }
});

test("columns that are derived one by one are those derived at once", async () => {
  const texlex = await load();
  const document = bytes("\\emph{Größe} 𝔸 % note\n\n\\par".repeat(3000));
  const atOnce = texlex.tokenize(document, { view: "source" }).derive();
  const tokens = texlex.tokenize(document, { view: "source" });
  texlex.tokenize("another document lies in the module's memory now");
  for (const column of ["names", "columns", "starts", "codes", "lines", "ends"])
    assert.deepEqual(tokens[column], atOnce[column], column);
  assert.equal(tokens.starts, tokens.starts, "and made once");
});

test("results stay as they are while memory grows, is replaced and is given back", async () => {
  const texlex = await load();
  const tokens = texlex.tokenize("\\a b\n");
  const { kinds, starts } = tokens;
  const before = texlex.memoryBytes;
  const large = texlex.tokenize(new Uint8Array(40 << 20).fill(97));
  assert.ok(texlex.memoryBytes > before, "memory grew");
  assert.equal(large.length, (40 << 20) + 1);
  texlex.tokenize("x");
  assert.ok(texlex.memoryBytes < 16 << 20, "and was replaced for a small document");
  assert.equal(large.starts[40 << 20], 40 << 20);
  assert.equal(large.ends[(40 << 20) - 1], 40 << 20);
  texlex.releaseMemory();
  assert.equal(texlex.memoryBytes, 0);
  assert.deepEqual([...kinds], [Kind.controlSequence, Kind.letter, Kind.space]);
  assert.deepEqual([...starts], [0, 3, 4]);
  assert.deepEqual([...tokens.ends], [2, 4, 5]);
  assert.equal(texlex.tokenize("").length, 1, "and it goes on");
});

test("many documents one after the other need no more memory than the largest", async () => {
  const texlex = await load();
  const document = new Uint8Array(100_000).fill(97);
  texlex.tokenize(document);
  const after = texlex.memoryBytes;
  for (let i = 0; i < 500; ++i) texlex.tokenize(document).starts;
  assert.equal(texlex.memoryBytes, after);
});

test("a document may be a string, any view, or a buffer; offsets are of UTF-8", async () => {
  const texlex = await load();
  const text = "\\x{é𝔸}";
  const expected = [0, 2, 3, 5, 9, 10];
  const encoded = bytes(text);
  const padded = new Uint8Array([1, 2, 3, ...encoded, 4]);
  const shared = new Uint8Array(new SharedArrayBuffer(encoded.length));
  shared.set(encoded);
  const given = [
    text,
    encoded,
    Buffer.from(text),
    encoded.buffer,
    padded.subarray(3, 3 + encoded.length),
    new DataView(encoded.buffer),
    shared,
    shared.buffer,
  ];
  for (const document of given) {
    const tokens = texlex.tokenize(document);
    assert.deepEqual([...tokens.starts], expected);
    assert.deepEqual(tokens.at(3), {
      kind: 11,
      kindName: "11",
      text: "𝔸",
      start: 5,
      end: 9,
      line: 1,
      column: 5,
      code: 0x1d538,
      name: "",
    });
    assert.equal([...tokens].map((token) => token.text).join(""), text);
  }
  assert.equal(texlex.tokenize("\ud800").codes[0], 0xfffd, "a lone surrogate is U+FFFD");
  for (const wrong of [undefined, null, 7, ["a"], {}]) assert.throws(() => texlex.tokenize(wrong), TypeError);
});

test("tokens see the document where it lies, or a copy", async () => {
  const texlex = await load();
  const document = bytes("abc");
  const [seen, copied] = [false, true].map((copyDocument) => texlex.tokenize(document, { copyDocument }));
  document[0] = 120;
  assert.deepEqual([seen.at(0).text, copied.at(0).text], ["x", "a"]);
});

test("issues are kept up to issuesMax, and all are counted", async () => {
  const texlex = await load();
  const tokens = texlex.tokenize(new Uint8Array(5), { issuesMax: 2 });
  assert.equal(tokens.issueCount, 10);
  assert.deepEqual(tokens.issues, [
    { kind: 2, name: "nul-byte", offset: 0 },
    { kind: 4, name: "invalid-character", offset: 0 },
  ]);
  assert.deepEqual(texlex.tokenize("a\n}", { issuesMax: 0 }).issues, []);
  const [group] = texlex.tokenize("a\nbc}").issues;
  assert.equal(group.name, "unbalanced-group");
  assert.deepEqual(texlex.tokenize("a\nbc}").place(group.offset), { line: 2, column: 3 });
});

test("the empty document is one empty line", async () => {
  const tokens = (await load()).tokenize(new Uint8Array(0));
  assert.deepEqual(
    [...tokens].map(({ kindName: name, start, end, text }) => [name, start, end, text]),
    [["par", 0, 0, ""]],
  );
  assert.equal(tokens.at(1), undefined);
  assert.equal(tokens.at(-1), undefined);
});

test("an option that does not exist or cannot be honoured is refused by name", async () => {
  const texlex = await load();
  const refused = [
    [{ regmie: "latex" }, /no option "regmie"; it takes regime, view/],
    [{ regime: "plane" }, /regime "plane" does not exist; it is one of initex, plain/],
    [{ view: "lossless" }, /view "lossless" does not exist/],
    [{ columnUnit: "utf-16" }, /columnUnit "utf-16" does not exist; it is one of bytes, code_points, utf16/],
    [{ issuesMax: -1 }, /issuesMax is an integer from 0/],
    [{ issuesMax: 1.5 }, /issuesMax is an integer/],
    [{ copyDocument: 1 }, /copyDocument is true or false/],
    [null, /options of tokenize are an object/],
  ];
  for (const [options, message] of refused) assert.throws(() => texlex.tokenize("a", options), message);
  assert.throws(() => texlex.tokenize("a").derive(["ends", "texts"]), /no column "texts"; there are kinds, starts/);
  assert.throws(() => texlex.tokenize("a").place(2), /offset 2 is not in this document of 1 bytes/);
  await assert.rejects(load({ kernel: "avx2" }), /kernel "avx2" does not exist/);
  await assert.rejects(load({ modul: 1 }), /no option "modul"/);
  await assert.rejects(load({ module: new Uint8Array(8) }), /module is a WebAssembly.Module/);
});

test("a module that was compiled elsewhere is taken; it imports nothing", async () => {
  const module = await WebAssembly.compile(await readFile(new URL("../build/texlex.wasm", import.meta.url)));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const texlex = await load({ module });
  assert.equal(texlex.kernel, "reference");
  assert.equal(texlex.tokenize("abc").length, 4);
  await assert.rejects(load({ module, kernel: "simd128" }), /kernel "simd128" does not exist; it is one of reference/);
});

test("a document for which there is no memory is refused, and the next is not", async () => {
  const texlex = await load();
  const untouched = new Uint8Array(2 ** 30 + 1); // nobody looks at its bytes
  assert.throws(() => texlex.tokenize(untouched), /a document of 1073741825 bytes; in process 1073741824 are/);
  assert.equal(texlex.tokenize("a").length, 2);
});

test("names of numbers are those of the kernels", async () => {
  const module = await WebAssembly.compile(await readFile(new URL("../build/texlex.wasm", import.meta.url)));
  const scanner = new Scanner(module);
  const known = (name) => (name === "unknown" ? undefined : name);
  for (let number = 0; number < 256; ++number) {
    assert.equal(kindName(number), known(scanner.kindName(number)), `kind ${number}`);
    assert.equal(issueKindName(number), known(scanner.issueKindName(number)), `issue ${number}`);
  }
  assert.deepEqual(scanner.regimes.slice(0, 5), ["initex", "plain", "latex", "latex-package", "expl3"]);
  assert.equal(scanner.regimes.length, 10);
});
