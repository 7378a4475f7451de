import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Reads processes from /proc, since small Linux images have no `ps`, and with `ps` where there is no /proc. */
const hasProc = existsSync('/proc/self/status');

/** The processes that `parent` started and that still run. */
export function childrenOf(parent: number | undefined): number[] {
  const all = hasProc
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map((name) => [Number(name), field(Number(name), 'PPid')])
    : execFileSync('ps', ['-A', '-o', 'pid=,ppid='])
        .toString()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number));
  return all.filter(([, of]) => of === parent).map(([pid]) => pid as number);
}

/** All processes that `parent` started, that these started, and so on. */
export function descendantsOf(parent: number): number[] {
  return childrenOf(parent).flatMap((child) => [child, ...descendantsOf(child)]);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Memory that a process keeps resident, in KiB. */
export function residentKibibytes(pid: number): number {
  if (hasProc) return field(pid, 'VmRSS') ?? 0;
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString());
}

/** A number from a process's status; undefined when it has ended meanwhile. */
function field(pid: number, name: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  } catch {
    return undefined;
  }
}
