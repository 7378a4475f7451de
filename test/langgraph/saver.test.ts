// Covers: agent/langgraph/thread-saver.ts
import { validate } from '@langchain/langgraph-checkpoint-validation';
import * as vitest from 'vitest';
import { AgentpoolSaver } from '../../agent/langgraph/saver.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';

// The suite expects the functions of its runner as globals.
Object.assign(globalThis, vitest);

/** The published suite for checkpointers, all of it. */
validate({
  checkpointerName: 'AgentpoolSaver',
  createCheckpointer() {
    const memory = memoryContexts();
    const clock = { now: () => 0, elapsed: () => 0, sleep: async () => {} };
    return new AgentpoolSaver({
      contexts: contexts('test', { ...memory, clock }),
      async *ids() {
        yield* memory.stored.heads.keys();
      },
    });
  },
});
