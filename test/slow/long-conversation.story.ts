// Covers: agent/langgraph/retention.ts
import { test } from 'vitest';
import { longConversation } from '../langgraph/long-conversation.ts';

test.each([
  [10_000, 40],
  [300, Infinity],
])(
  'a conversation of %i turns with sub-agents and a memory of %f messages stays within a constant factor of that memory',
  async (turns, remembered) => {
    await longConversation(turns, remembered);
  },
  900_000,
);
