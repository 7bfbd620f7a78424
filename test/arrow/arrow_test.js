// `texlex tokens --format arrow` as two readers of Arrow that share no code see it, beside the JSON lines of the same
// documents. Run by `make test-arrow`, which installs the readers.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { startTexlexd } from "../../clients/js/test/running_texlexd.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env.TEXLEX ?? join(root, "build/release/texlex");
const readers = createRequire(join(process.env.TEXLEX_ARROW_READERS ?? join(root, "build/arrow"), "package.json"));
const arrow = readers("apache-arrow");
const flechette = await import(pathToFileURL(join(readers.resolve("@uwdata/flechette/package.json"), "../src/index.js")));

const kinds = new Map(["par", "comment", "blank", "eol", "ignored", "invalid"].map((name, i) => [name, 16 + i]));
const allColumns = ["kind", "code", "name", "start", "end", "line", "column", "text"];
const folder = mkdtempSync(join(tmpdir(), "texlex-arrow-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name, bytes) {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

function tokens(...parameters) {
  const ended = spawnSync(program, ["tokens", ...parameters], { maxBuffer: 1 << 30 });
  return { status: ended.status, bytes: ended.stdout, errors: ended.stderr.toString() };
}

// What the JSON lines say, in Arrow's columns.
function expected(parameters, columns) {
  const lines = tokens("--format", "jsonl", ...parameters).bytes.toString().split("\n").slice(0, -1);
  return lines.map((line) => {
    const token = JSON.parse(line);
    const kind = kinds.get(token.kind) ?? token.kind;
    const named = kind === 0 || kind >= 16;
    const full = {
      ...token,
      kind,
      code: named ? 0 : Number.parseInt(token.text, 16),
      name: named ? token.text : "",
    };
    const row = Object.fromEntries(columns.map((column) => [column, full[column]]));
    return "file" in token ? { file: token.file, ...row } : row;
  });
}

function rowsByArrow(bytes) {
  return arrow.tableFromIPC(bytes).toArray().map((row) => row.toJSON());
}

function rowsByFlechette(bytes) {
  return flechette.tableFromIPC(bytes).toArray();
}

// Walks the messages by hand: what both readers forgive is seen here.
function checkFraming(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const reader = arrow.MessageReader ? new arrow.MessageReader(bytes) : undefined;
  for (;;) {
    assert.equal(view.getUint32(at, true), 0xffffffff, `a message begins at ${at}`);
    const metadata = view.getInt32(at + 4, true);
    at += 8;
    if (metadata === 0) break;
    assert.equal(metadata % 8, 0);
    const message = reader.readMessage();
    for (const { offset, length } of message.header().data?.buffers ?? message.header().buffers ?? []) {
      assert.equal(offset % 64, 0);
      assert.ok(offset + length <= message.bodyLength);
    }
    assert.equal(message.bodyLength % 64, 0);
    reader.readMessageBody(message.bodyLength);
    at += metadata + message.bodyLength;
  }
  assert.equal(at, bytes.length, "nothing is behind the end of the stream");
}

function check(parameters, columns) {
  const made = tokens("--format", "arrow", "--columns", columns.join(","), ...parameters);
  assert.equal(made.status, 0, made.errors);
  checkFraming(made.bytes);
  const text = columns.every((column) => column !== "code" && column !== "name") ? columns : allColumns;
  const asked = [...new Set(text.filter((column) => column !== "code" && column !== "name"))];
  const wanted = expected(["--columns", asked.join(","), ...parameters], columns);
  assert.deepEqual(rowsByArrow(made.bytes), wanted);
  assert.deepEqual(rowsByFlechette(made.bytes), wanted);
  return made.bytes;
}

// Every byte, each alone and behind an escape; what no UTF-8 is; a name of each kind.
const everyByte = Buffer.concat(
  Array.from({ length: 256 }, (_, i) => Buffer.from([0x5c, i, 0x20, i, 0x0a, 0x5c, 0x61, i, 0x62, 0x20, 0x25, i, 0x0a])),
);
const sample = join(root, "test/engine/documents/article.tex");

test("each set of columns holds what the JSON lines hold", () => {
  const document = file("every.tex", everyByte);
  for (const regime of ["latex", "latex-8bit", "expl3", "initex-8bit"])
    for (const view of ["tex", "source"])
      for (let set = 1; set < 1 << allColumns.length; set += regime === "latex" ? 1 : 37) {
        const columns = allColumns.filter((_, i) => set & (1 << i));
        if (regime !== "latex" || view !== "source" || set % 5 === 0) check(["--regime", regime, "--view", view, document], columns);
      }
});

test("columns come in the order they are asked for in", () => {
  const bytes = check([sample], ["column", "name", "kind"]);
  assert.deepEqual(arrow.tableFromIPC(bytes).schema.fields.map((field) => field.name), ["column", "name", "kind"]);
});

test("a document without tokens is a batch without rows, and tells its name", () => {
  const empty = file("empty.tex", "%");
  for (const columns of [["kind"], allColumns]) {
    const bytes = tokens("--format", "arrow", "--columns", columns.join(","), empty).bytes;
    assert.equal(arrow.tableFromIPC(bytes).numRows, 0);
    assert.equal(flechette.tableFromIPC(bytes).numRows, 0);
    const [batch] = [...arrow.RecordBatchReader.from(bytes)];
    assert.equal(batch.metadata.get("file"), empty);
    assert.equal(batch.metadata.get("tokens"), "0");
  }
});

test("several documents are told apart by name, and a large one has several batches", () => {
  const large = file("large.tex", readFileSync(sample).toString().repeat(120));
  const empty = file("none.tex", "");
  const odd = file("odd \\ name\u00e9.tex", "x");
  const names = [sample, empty, large, sample, odd];
  const bytes = tokens("--format", "arrow", ...names).bytes;
  checkFraming(bytes);
  const columns = ["kind", "code", "name", "start", "end", "line", "column"];
  const wanted = expected(names, columns);
  for (const row of wanted) row.file = row.file.replaceAll("\\", "\\x5c");
  assert.deepEqual(rowsByFlechette(bytes), wanted);
  assert.deepEqual(rowsByArrow(bytes), wanted);
  const batches = [...arrow.RecordBatchReader.from(bytes)].map((batch) => [
    batch.metadata.get("file"), Number(batch.metadata.get("first_token")), batch.numRows, Number(batch.metadata.get("tokens")),
  ]);
  assert.ok(batches.length > names.length);
  const sums = new Map();
  for (const [name, first, rows] of batches.filter(([name]) => name === large)) {
    assert.equal(first, sums.get(name) ?? 0);
    sums.set(name, first + rows);
  }
  assert.equal(sums.get(large), batches.find(([name]) => name === large)[3]);
});

test("a file whose name is no UTF-8, and one that cannot be read", () => {
  execFileSync("sh", ["-c", `printf a >"$1"/$(printf 'z\\377').tex`, "sh", folder]);
  const folderOfNone = join(folder, "missing.tex");
  const made = spawnSync("sh", ["-c", `${program} tokens --format arrow "$1" "$2"/z*.tex`, "sh", folderOfNone, folder]);
  assert.equal(made.status, 3);
  assert.match(made.stderr.toString(), /missing\.tex: No such file/);
  assert.equal(rowsByArrow(made.stdout)[0].file, `${folder}/z\\xff.tex`);
  assert.equal(rowsByFlechette(made.stdout)[0].file, `${folder}/z\\xff.tex`);
});

test("a texlexd gives the same, byte for byte", async (context) => {
  const { path } = await startTexlexd(context);
  const every = file("every2.tex", everyByte);
  const large = file("large2.tex", readFileSync(sample).toString().repeat(60));
  for (const parameters of [[every], [every, sample, large], ["--view", "source", "--regime", "latex-8bit", large, every]])
    for (const columns of ["kind", "name,end", allColumns.join(",")]) {
      const here = tokens("--format", "arrow", "--columns", columns, ...parameters);
      const there = tokens("--format", "arrow", "--columns", columns, "--socket", path, ...parameters);
      assert.equal(there.status, 0, there.errors);
      assert.ok(here.bytes.equals(there.bytes));
    }
});

test("what text has no place for is refused", () => {
  assert.equal(tokens("--columns", "code", sample).status, 2);
  assert.match(tokens("--format", "jsonl", "--columns", "name", sample).errors, /--format arrow only/);
  assert.equal(tokens("--format", "arrow", "--columns", "kind,nothing", sample).status, 2);
});

mkdirSync(join(folder, "parts"));
test("the parts of a corpus are files of Arrow", () => {
  const out = join(folder, "parts/out");
  const documents = join(root, "test/engine/documents");
  const made = spawnSync(program, ["corpus", documents, "--journal", join(folder, "parts/journal"), "--out", out, "--part-bytes-max", "200000"]);
  assert.equal(made.status, 0, made.stderr.toString());
  const parts = execFileSync("ls", [out]).toString().split("\n").slice(0, -1);
  assert.ok(parts.length > 2);
  const columns = ["kind", "code", "name", "start", "end", "line", "column"];
  const wanted = expected([documents], columns);
  const read = (rowsOf) => parts.flatMap((part) => rowsOf(readFileSync(join(out, part))));
  assert.deepEqual(read(rowsByArrow), wanted);
  assert.deepEqual(read(rowsByFlechette), wanted);
});
