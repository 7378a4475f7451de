import { readFileSync } from 'node:fs';
import { openContexts } from '../../shared/aws/open-pool.ts';
import { compact } from '../../shared/contexts/compact.ts';

/** Compacts a pool as it will be in two hours, and prints the report and what the process needed. */
const HOURS_MS = 2 * 3_600_000;

/** Resident memory in MB; the kernel keeps its peak. */
function memoryMb(field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] =
    new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

const startMb = memoryMb('VmRSS');
const address = JSON.parse(process.argv[2] ?? '') as Parameters<typeof openContexts>[0];
const ports = openContexts(address);
const clock = { ...ports.clock, now: () => Date.now() + HOURS_MS };
const { report } = await compact(address.pool, { ...ports, clock });
console.log(JSON.stringify({ report, startMb, peakMb: memoryMb('VmHWM') }));
process.exit(0);
