import type { HandlerTools } from '../agent/handler.ts';

/** What a handler gets that is called outside of an agent: nothing that has an effect. */
export const NO_TOOLS: HandlerTools = {
  signal: new AbortController().signal,
  progress: () => {},
  send: async () => '',
  acquire: async () => {},
  used: () => {},
};
