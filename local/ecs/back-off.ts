import type { Service, Task } from './model.ts';

/** A task that exits by itself within this time has crashed at its start. */
const START_MS = 10_000;
const DOUBLINGS_AT_MOST = 5;
/** By a signal: somebody killed it. */
const SIGNALS = [137, 143];

/**
 * Delays the start of tasks that crash at their start, twice as long with each crash. ECS throttles only tasks that never
 * run, but there a start takes half a minute; here it would be a loop that fills the disk with logs.
 */
export function createBackOff() {
  const crashes = new Map<Service, number>();
  return {
    /** How many times the usual delay the next task of a service waits. */
    factor: (service: Service) => 2 ** Math.min(crashes.get(service) ?? 0, DOUBLINGS_AT_MOST),
    ended({ service, exitCode = 0, startedAtMs, stoppedAtMs, stopCode }: Task): void {
      const hasExited =
        stopCode === 'EssentialContainerExited' && exitCode !== 0 && !SIGNALS.includes(exitCode);
      const wasEarly = (stoppedAtMs ?? 0) - (startedAtMs ?? 0) < START_MS;
      if (hasExited && wasEarly) crashes.set(service, (crashes.get(service) ?? 0) + 1);
      else crashes.delete(service);
    },
  };
}
