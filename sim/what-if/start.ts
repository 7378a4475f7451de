import { Worker } from 'node:worker_threads';
import { ownModule } from '../../shared/project/own-files.ts';
import type { WhatIf, WhatIfEvent } from './what-if.ts';

/** A question that is being explored. After `stop`, there are no events; it resolves when the thread has ended. */
type RunningWhatIf = { stop(): Promise<void> };

/** Explores a question in a thread of its own. The last event is `done` or `failed`, also when the thread dies. */
export function startWhatIf(whatIf: WhatIf, onEvent: (event: WhatIfEvent) => void): RunningWhatIf {
  const worker = new Worker(ownModule('sim/what-if/worker'), { workerData: whatIf });
  let isOver = false;
  const emit = (event: WhatIfEvent) => {
    if (isOver) return;
    isOver = event.kind === 'done' || event.kind === 'failed';
    onEvent(event);
  };
  worker.on('message', emit);
  worker.on('error', (error: Error) => emit({ kind: 'failed', reason: error.message }));
  worker.on('exit', (code) => emit({ kind: 'failed', reason: `the simulation ended with status ${code}` }));
  return {
    async stop() {
      isOver = true;
      await worker.terminate();
    },
  };
}
