/**
 * `agentpool/langgraph`: LangGraph graphs as agents, and their checkpoints in contexts. It needs `@langchain/langgraph`,
 * `@langchain/langgraph-checkpoint` and `@langchain/core`.
 * @module
 */
export { type LangGraphOptions, langGraphAgent } from '../agent/langgraph/agent.ts';
export { awsCheckpointer } from '../agent/langgraph/aws-checkpointer.ts';
export { AgentpoolSaver } from '../agent/langgraph/saver.ts';
