// texlex for Node, where the WebAssembly module is a file.
import { readFile } from "node:fs/promises";

import { loadBy } from "./texlex.js";

export { Kind, issueKindName, kindName } from "./names.js";

async function compile(url) {
  return WebAssembly.compile(await readFile(url));
}

/** Reads and compiles the WebAssembly module. */
export function load(options = {}) {
  return loadBy(compile, options);
}
