import { createHash } from 'node:crypto';
import type { Arrival } from '../../shared/tasks/trace.ts';
import type { Conversation } from './conversations.ts';

/** A task to send: the next turn of a conversation. */
export type PlannedTask = {
  readonly id: string;
  readonly contextId: string;
  readonly atSeconds: number;
  readonly payload: {
    readonly durationSeconds: number;
    readonly from: number;
    readonly messages: readonly unknown[];
  };
};

/** Conversations in progress at a time: enough that a turn rarely has to wait for the one before it. */
const AT_A_TIME = 48;

/** Assigns each arrival the next turn of a conversation, round-robin. A new conversation replaces one that ends. */
export function planTasks(
  arrivals: readonly Arrival[],
  conversations: readonly Conversation[],
  speed: number,
): readonly PlannedTask[] {
  let begun = 0;
  const begin = () => {
    const conversation = conversations[begun % conversations.length] as Conversation;
    begun += 1;
    return { contextId: `${begun}-${shortId(conversation.id)}`, turns: conversation.turns, turn: 0, from: 0 };
  };
  const slots = Array.from({ length: Math.min(AT_A_TIME, arrivals.length) }, begin);
  return arrivals.map((arrival, index) => {
    const place = index % slots.length;
    let slot = slots[place] as ReturnType<typeof begin>;
    if (slot.turn === slot.turns.length) slot = begin();
    const messages = slot.turns[slot.turn] ?? [];
    slots[place] = { ...slot, turn: slot.turn + 1, from: slot.from + messages.length };
    return {
      id: `demo-${String(index + 1).padStart(6, '0')}`,
      contextId: slot.contextId,
      atSeconds: arrival.atSeconds / speed,
      payload: { durationSeconds: arrival.durationSeconds / speed, from: slot.from, messages },
    };
  });
}

/** A context ID for a conversation, whose own ID may contain characters that a context ID can't. */
function shortId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 8);
}
