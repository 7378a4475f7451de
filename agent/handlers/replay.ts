import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { AgentHandler } from '../handler.ts';

/** One turn of a recorded conversation. */
export const replayTurn = z.strictObject({
  durationSeconds: z.number().min(0),
  /** How many messages the context holds before this turn. It reveals a missing or repeated turn. */
  from: z.int().min(0),
  messages: z.array(z.unknown()),
});

const replayContext = z.object({ messages: z.array(z.unknown()) }).default({ messages: [] });

/** Continues a recorded conversation: appends the turn's messages to the context after the turn's duration. */
const replay: AgentHandler = async (task, context, { signal }) => {
  const turn = replayTurn.parse(task.payload);
  const { messages } = replayContext.parse(context);
  if (messages.length !== turn.from) {
    throw new Error(`the context holds ${messages.length} messages, expected ${turn.from}`);
  }
  await setTimeout(turn.durationSeconds * 1000, undefined, { signal });
  return {
    result: { messages: turn.messages.length },
    context: { messages: [...messages, ...turn.messages] },
  };
};

export default replay;
