/**
 * `agentpool/agent`: types for handlers, and LangGraph graphs as agents.
 * @module
 */
export type { AgentHandler, HandlerResult, HandlerTask, HandlerTools } from '../agent/handler.ts';
export { type LangGraphOptions, langGraphAgent } from '../agent/langgraph/agent.ts';
export { awsCheckpointer } from '../agent/langgraph/aws-checkpointer.ts';
export { AgentpoolSaver } from '../agent/langgraph/saver.ts';
export { RetryLater } from '../agent/retry-later.ts';
export { type Binary, fromBinary, toBinary } from '../shared/contexts/binary.ts';
