// texlex for browsers, and for everything else that fetches from addresses.
import { loadBy } from "./texlex.js";

export { Kind, issueKindName, kindName } from "./names.js";

async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`texlex: ${url} was answered with ${response.status} ${response.statusText}`);
  const streams = response.headers.get("content-type") === "application/wasm";
  return streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Fetches and compiles the WebAssembly module. */
export function load(options = {}) {
  return loadBy(compile, options);
}
