import { parentPort, workerData } from 'node:worker_threads';
import { explore } from './explore.ts';
import type { WhatIf } from './what-if.ts';

// `start.ts` runs this in a thread and gives it the question. What it throws is an `error` event there.
await explore(workerData as WhatIf, (event) => parentPort?.postMessage(event));
