// What programs write must compile; what is wrong must not (each line below @ts-expect-error).
import { issueKindName, Kind, kindName, load, type Token, type Tokens } from "texlex";
import { Client, ProtocolError, StatusError, type Hello, type Outcome, type Priority } from "texlex/client";

const texlex = await load({ kernel: "simd128" });
const tokens: Tokens = texlex.tokenize("a", { regime: "plain", view: "source", columnUnit: "utf16", issuesMax: 5 });
const kinds: Uint8Array = tokens.kinds;
const columns: Uint32Array[] = [tokens.starts, tokens.ends, tokens.codes, tokens.lines, tokens.columns];
const token: Token | undefined = tokens.at(0);
for (const { kind, name, text } of tokens) if (kind === Kind.controlSequence) console.log(name, text);
const names: string[] = [...tokens.derive(["names"]).names];
const label: string | undefined = kindName(kinds[0]) ?? issueKindName(1) ?? token?.kindName;
const { line, column }: { line: number; column: number } = tokens.place(tokens.issues[0].offset);
texlex.tokenize(new Uint8Array(2));
texlex.tokenize(new ArrayBuffer(2), { copyDocument: true });
texlex.releaseMemory();

const client = new Client(["unix:/a", "tcp://b:1"], { retries: 1 });
const remote: Tokens = await client.tokenize("a", {
  columns: ["kinds", "issues"],
  signal: new AbortController().signal,
});
const priority: Priority = "background";
await client.tokenize("a", { priority, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
await client.tokenizeBatch(["a"], { priority: "interactive" });
const outcomes: Outcome[] = await client.tokenizeBatch(["a", new Uint8Array(2)]);
for (const outcome of outcomes) {
  if (outcome.status === "fulfilled") console.log(outcome.value.length);
  else if (outcome.reason instanceof StatusError) console.log(outcome.reason.retryAfterMs);
  else console.log(outcome.reason instanceof ProtocolError);
}
const hello: Hello = await client.hello();
await client.close();
console.log(columns, names, label, line, column, remote, hello.regimes);

// @ts-expect-error
texlex.tokenize(7);
// @ts-expect-error
texlex.tokenize("a", { view: "lossless" });
// @ts-expect-error
texlex.tokenize("a", { columnUnit: "utf-16" });
// @ts-expect-error
texlex.tokenize("a", { columns: ["kinds"] });
// @ts-expect-error
client.tokenize("a", { columns: ["start"] });
// @ts-expect-error
client.tokenize("a", { priority: "urgent" });
// @ts-expect-error
client.tokenize("a", { traceparent: new Uint8Array(25) });
// @ts-expect-error
texlex.tokenize("a", { priority: "interactive" });
// @ts-expect-error
client.hello({ priority: "interactive" });
// @ts-expect-error
tokens.length = 3;
// @ts-expect-error
await load({ kernel: "avx2" });
