// Where a server listens, as people write it.

/** What `net.connect` takes of "unix:PATH" or "tcp://HOST:PORT", and the text itself. */
export function parseEndpoint(text) {
  if (typeof text === "string") {
    if (text.startsWith("unix:") && text.length > "unix:".length)
      return { text, connect: { path: text.slice("unix:".length) } };
    const tcp = /^tcp:\/\/(?:\[([0-9A-Fa-f:.%]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})\/?$/.exec(text);
    const port = tcp === null ? 0 : Number(tcp[3]);
    if (port >= 1 && port <= 65535) return { text, connect: { host: tcp[1] ?? tcp[2], port, noDelay: true } };
  }
  throw new TypeError(
    `texlex: ${JSON.stringify(text)} is no address of texlexd; write unix:PATH, tcp://HOST:PORT or tcp://[IPv6]:PORT`,
  );
}

/** One or several, in the order in which they are tried. */
export function parseEndpoints(given) {
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new TypeError("texlex: a client needs the address of one texlexd at least");
  return list.map(parseEndpoint);
}
