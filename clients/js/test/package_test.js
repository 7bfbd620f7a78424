// The package as users get it: unpacked somewhere else, without this tree.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startTexlexd } from "./running_texlexd.js";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const manifest = JSON.parse(await readFile(resolve(here, "../package.json"), "utf8"));
const runMsMax = 60_000;

let folder; // a project that has the package installed
let unpacked;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "texlex-package-"));
  unpacked = join(folder, "node_modules/texlex");
  await mkdir(unpacked, { recursive: true });
  await run("tar", [
    "-xzf",
    join(root, `build/js/texlex-${manifest.version}.tgz`),
    "-C",
    unpacked,
    "--strip-components=1",
  ]);
  await writeFile(join(folder, "package.json"), '{ "type": "module", "private": true }');
});
after(() => rm(folder, { recursive: true, force: true }));

async function filesOf(directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  const lists = entries.map((entry) =>
    entry.isDirectory() ? filesOf(join(directory, entry.name)) : [join(directory, entry.name)],
  );
  return (await Promise.all(lists)).flat();
}

test("the package holds what its manifest names, and neither tests nor C++", async () => {
  const files = (await filesOf(unpacked)).map((file) => relative(unpacked, file));
  const leaves = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(leaves));
  const exported = leaves(manifest.exports);
  assert.ok(exported.length >= 8);
  for (const file of exported) assert.ok(files.includes(file.slice(2)), `${file} is missing`);
  for (const file of files)
    assert.match(file, /^(package\.json|README\.md|LICENSE|build\/\w+\.wasm|source\/.*\.(js|d\.ts|md))$/);
  assert.equal(
    manifest.version,
    (await readFile(join(root, "CMakeLists.txt"), "utf8")).match(/VERSION (\d+\.\d+\.\d+)/)[1],
  );
  assert.equal(manifest.dependencies, undefined);
});

test("what browsers load reaches no module of Node's", async () => {
  const seen = new Set();
  const visit = async (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, "utf8");
    for (const [, name] of text.matchAll(/(?:^|\n)(?:import|export)[^"']*?from\s*["']([^"']+)["']/g)) {
      assert.ok(name.startsWith("./") || name.startsWith("../"), `${relative(unpacked, file)} imports ${name}`);
      await visit(resolve(dirname(file), name));
    }
    assert.doesNotMatch(text, /\b(import\s*\(|require\s*\(\s*["']|Buffer\b|process\.)/, relative(unpacked, file));
  };
  await visit(join(unpacked, manifest.exports["."].default));
  assert.ok(seen.size >= 6);
});

function examplesOf(text) {
  const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, content]) => ({ language, content }));
  return blocks.flatMap(({ language, content }, i) =>
    language === "js"
      ? [{ program: content, printed: blocks[i + 1]?.language === "text" ? blocks[i + 1].content : "" }]
      : [],
  );
}

test("the examples of the README print what it says", async (context) => {
  const { endpoint } = await startTexlexd(context);
  const examples = examplesOf(await readFile(join(unpacked, "README.md"), "utf8"));
  assert.ok(examples.length >= 4);
  for (const [i, { program, printed }] of examples.entries()) {
    const file = join(folder, `example_${i}.js`);
    await writeFile(file, program.replaceAll("unix:/run/texlexd.sock", endpoint));
    const { stdout } = await run(process.execPath, [file], { cwd: folder, timeout: runMsMax });
    assert.equal(stdout, printed, `example ${i}`);
  }
});

test("its types compile as programs use them, and refuse what is wrong", async () => {
  await copyFile(join(here, "types/usage.ts"), join(folder, "usage.ts"));
  const flags = [
    "--noEmit",
    "--strict",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom,dom.iterable",
    "--module",
    "nodenext",
    "--moduleResolution",
    "nodenext",
    "usage.ts",
  ];
  await run("tsc", flags, { cwd: folder, timeout: runMsMax }).catch(({ stdout, message }) =>
    assert.fail(stdout || message),
  );
});

test("lines of the client fit the screen", async () => {
  const files = (await filesOf(resolve(here, ".."))).filter((file) => /\.(js|ts|md|cpp|txt|cmake)$/.test(file));
  assert.ok(files.length > 25);
  for (const file of files)
    for (const [i, line] of (await readFile(file, "utf8")).split("\n").entries()) {
      const fits = [...line].length <= 120 || line.startsWith("|"); // a row of a table has no second line
      assert.ok(fits && !/\s$/.test(line), `${relative(root, file)}:${i + 1} is too long or ends in a space`);
    }
});
