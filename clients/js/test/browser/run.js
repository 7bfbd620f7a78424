// Serves the package on the loopback interface and has headless Chromium replay the golden vectors with it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = resolve(here, "../../../..");
const answerMsMax = 60_000;
const endMsMax = 5_000;
const resultBytesMax = 1 << 20;
const contentTypes = { ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };

const page = `<!doctype html><meta charset="utf-8"><title>texlex</title>
<script type="importmap">{ "imports": { "texlex": "/package/source/index.js" } }</script>
<script type="module" src="/page.js"></script>`;

/** The file a path of the address stands for; undefined: none. */
function fileOf(path, packageFolder) {
  if (path === "/page.js" || path === "/worker.js") return join(here, path);
  if (path === "/vectors.json") return join(root, "test/golden/vectors.json");
  if (path.startsWith("/package/")) return join(packageFolder, normalize(path).slice("/package/".length));
  return undefined;
}

function serve(packageFolder, onResult) {
  const server = http.createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (request.method === "POST" && path === "/result") {
      let body = "";
      for await (const chunk of request) if ((body += chunk).length > resultBytesMax) request.destroy();
      response.end();
      return onResult(JSON.parse(body));
    }
    const headers = { "content-security-policy": "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" };
    if (path === "/") return response.writeHead(200, { ...headers, "content-type": "text/html" }).end(page);
    const file = fileOf(path, packageFolder);
    const content = file === undefined ? undefined : await readFile(file).catch(() => undefined);
    if (content === undefined) return response.writeHead(404).end();
    response.writeHead(200, { ...headers, "content-type": contentTypes[extname(file)] ?? "text/plain" }).end(content);
  });
  return new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(server)));
}

function startChromium(url, profile) {
  const flags = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];
  flags.push("--disable-component-update", "--disable-dev-shm-usage", `--user-data-dir=${profile}`);
  if (process.getuid() === 0) flags.push("--no-sandbox"); // it refuses to run as root with one
  return spawn("chromium", [...flags, url], { stdio: ["ignore", "ignore", "pipe"], detached: true });
}

// It ends the processes it has started; if that takes too long, they are ended with it.
async function end(child) {
  const force = setTimeout(() => process.kill(-child.pid, "SIGKILL"), endMsMax);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(force);
}

const folder = await mkdtemp(join(tmpdir(), "texlex-browser-"));
const { version } = JSON.parse(await readFile(join(root, "clients/js/package.json"), "utf8"));
await promisify(execFile)("tar", ["-xzf", join(root, `build/js/texlex-${version}.tgz`), "-C", folder]);
let tell;
const told = new Promise((resolve, reject) => (tell = { resolve, reject }));
const server = await serve(join(folder, "package"), (result) => tell.resolve(result));
const chromium = startChromium(`http://127.0.0.1:${server.address().port}/`, join(folder, "profile"));
let complaints = "";
chromium.stderr.on("data", (text) => (complaints = (complaints + text).slice(-4000)));
const ended = new Promise((resolve) => chromium.once("exit", resolve));
chromium.once("error", (error) => tell.reject(error));
ended.then((status) => tell.reject(new Error(`Chromium ended with status ${status}: ${complaints}`)));
const late = () => tell.reject(new Error(`no answer within ${answerMsMax} ms: ${complaints}`));
const timer = setTimeout(late, answerMsMax);
try {
  const result = await told;
  assert.equal(result.error, undefined);
  assert.deepEqual(result.kernels, ["simd128", "reference"]);
  assert.deepEqual(result.wrong, []);
  assert.deepEqual(result.worker, ["\\TeX", "{", "}", "!", ""]);
  assert.ok(result.vectors > 100);
  console.log(`${result.vectors} golden vectors by both kernels, and a worker, are right in ${result.agent}`);
} finally {
  clearTimeout(timer);
  if (chromium.pid !== undefined && chromium.exitCode === null && chromium.signalCode === null) await end(chromium);
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
