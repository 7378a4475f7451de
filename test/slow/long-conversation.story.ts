// Covers: agent/langgraph/retention.ts
import { test } from 'vitest';
import { longConversation } from '../langgraph/long-conversation.ts';

test.each([
  [10_000, 40],
  [600, Infinity],
])(
  'a conversation of %i turns with sub-agents, of which %f messages are remembered, stays within a constant factor of them',
  async (turns, remembered) => {
    await longConversation(turns, remembered);
  },
);
