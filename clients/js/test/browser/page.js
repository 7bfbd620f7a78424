// Runs in the browser: replays the golden vectors by both kernels, and has a worker that is sent the module tokenize.
// What came of it is posted to the server.
import { load } from "texlex";

const numberColumns = ["kinds", "starts", "ends", "codes", "lines", "columns"];
const same = (left, right) => JSON.stringify(Array.from(left)) === JSON.stringify(right);

/** What of the tokens is not as the vector says. */
function differences(tokens, vector) {
  const wrong = numberColumns.filter((column) => !same(tokens[column], vector[column]));
  if (!same(tokens.names, vector.names)) wrong.push("names");
  const issues = tokens.issues;
  const asTold = same(
    issues.map(({ kind }) => kind),
    vector.issue_kinds,
  );
  const inPlace = same(
    issues.map(({ offset }) => offset),
    vector.issue_offsets,
  );
  if (!asTold || !inPlace || tokens.issueCount !== vector.issue_count) wrong.push("issues");
  return wrong;
}

function replay(texlex, vectors) {
  const wrong = [];
  for (const vector of vectors) {
    const document = Uint8Array.from(atob(vector.document), (character) => character.charCodeAt(0));
    const { regime, view, column_unit: columnUnit, issues_max: issuesMax } = vector;
    const found = differences(texlex.tokenize(document, { regime, view, columnUnit, issuesMax }), vector);
    if (found.length > 0) wrong.push(`${texlex.kernel}: ${vector.name}, ${regime}, ${view}: ${found.join(", ")}`);
  }
  return wrong;
}

function inWorker() {
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    WebAssembly.compileStreaming(fetch("/package/build/texlex.wasm")).then(
      (module) => worker.postMessage(module),
      reject,
    );
  });
}

async function run() {
  const vectors = await (await fetch("/vectors.json")).json();
  const wide = await load();
  const reference = await load({ kernel: "reference" });
  return {
    vectors: vectors.length,
    kernels: [wide.kernel, reference.kernel],
    wrong: [...replay(wide, vectors), ...replay(reference, vectors)],
    worker: await inWorker(),
    agent: navigator.userAgent,
  };
}

const post = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
run().then(post, (error) => post({ error: String(error?.stack ?? error) }));
