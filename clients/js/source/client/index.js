// texlex over a socket, for Node.
export { issueKindName, Kind, kindName } from "../names.js";
export { Client } from "./client.js";
export {
  ClosedError,
  ConnectionError,
  ProtocolError,
  QueueFullError,
  Status,
  StatusError,
  statusNames,
  TimeoutError,
} from "./errors.js";
