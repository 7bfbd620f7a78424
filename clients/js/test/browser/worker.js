// A worker that is sent a module that the page has compiled.
import { load } from "/package/source/index.js";

onmessage = async ({ data: module }) => {
  const texlex = await load({ module });
  postMessage([...texlex.tokenize("\\TeX{}!")].map(({ text }) => text));
};
