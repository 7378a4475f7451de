/**
 * `agentpool/agent`: types for handlers, and what they throw and return.
 * @module
 */
export type {
  AgentHandler,
  CallAmounts,
  HandlerResult,
  HandlerTask,
  HandlerTools,
} from '../agent/handler.ts';
export { RetryLater } from '../agent/retry-later.ts';
export { type Binary, fromBinary, toBinary } from '../shared/contexts/binary.ts';
