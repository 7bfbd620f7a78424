// A texlexd of the test's own, on a Unix socket of its own, which ends with the test.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as passing } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../../build/release/texlexd", import.meta.url));
const program = process.env.TEXLEXD ?? built;
const startMsMax = 20_000;

/** Starts one, at a path of its own or `at` another's, and waits until it takes connections. It ends with the test. */
export async function startTexlexd(context, flags = [], at = undefined) {
  if (!existsSync(program))
    throw new Error(`there is no texlexd at ${program}: run make build, or say where one is by the variable TEXLEXD`);
  const folder = await mkdtemp(join(tmpdir(), "texlex-js-"));
  const path = at ?? join(folder, "socket");
  const child = spawn(program, ["serve", "--unix", path, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise((resolve) => child.once("close", resolve)); // all it said is there
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  context.after(async () => {
    await stop("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  const deadline = Date.now() + startMsMax;
  while (!(await isConnectable(path))) {
    if (child.exitCode !== null) throw new Error(`texlexd ended with status ${child.exitCode}: ${said}`);
    if (Date.now() > deadline) throw new Error(`texlexd is not there after ${startMsMax} ms: ${said}`);
    await passing(10);
  }
  return { endpoint: `unix:${path}`, path, stop, log: () => said };
}

function isConnectable(path) {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    const tell = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => tell(true));
    socket.once("error", () => tell(false));
  });
}
