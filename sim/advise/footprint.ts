import type { BusyLoad } from '../../shared/core/observation.ts';

/** How a pool's busy agents fared at one of its ticks, and the size that they had. */
export type LoadSample = BusyLoad & { readonly cpu: number };

/** What an agent and each of its tasks take up, as estimated. CPU is in units of 1024 to a vCPU. */
export type Footprint = {
  readonly baseMiB: number;
  readonly taskMiB: number;
  readonly taskCpu: number;
  /** By how much timers are late at nine ticks of ten, at most. */
  readonly eventLoopDelayMs: number;
  /** The most tasks an agent was seen with, in the mean of a tick. */
  readonly mostTasks: number;
  /**
   * Where the memory of a task is from: agents were seen with different numbers of tasks, or else all that an agent
   * took beyond an empty worker is taken for its tasks', which is an upper bound.
   */
  readonly basis: 'different-tasks' | 'upper-bound';
};

/** A worker that has loaded a handler without anything in it takes at least this (`npm run bench`: 128). */
const EMPTY_WORKER_MIB = 100;
/** A task that seems to take nothing has a message, a context and a socket all the same. */
const LEAST_TASK_MIB = 2;
/** A line through points that lie closer together than this says nothing. */
const LEAST_RANGE_TASKS = 1;

/** Estimates what tasks take up from how the load of agents varies with them. There must be samples. */
export function footprintOf(samples: readonly LoadSample[]): Footprint {
  const tasks = samples.map((sample) => sample.tasks);
  const mostTasks = Math.max(...tasks);
  const varies = mostTasks - Math.min(...tasks) >= LEAST_RANGE_TASKS;
  const delays = samples.map(({ eventLoopDelayMs }) => eventLoopDelayMs).toSorted((a, b) => a - b);
  return {
    ...(varies ? memoryByTasks(samples) : memoryAtMost(samples)),
    taskCpu: cpuOfTask(samples),
    eventLoopDelayMs: delays[Math.ceil(0.9 * delays.length) - 1] as number,
    mostTasks,
    basis: varies ? 'different-tasks' : 'upper-bound',
  };
}

/** A least-squares line, moved up until no sample is above it. */
function memoryByTasks(samples: readonly LoadSample[]): Pick<Footprint, 'baseMiB' | 'taskMiB'> {
  const meanTasks = mean(samples.map(({ tasks }) => tasks));
  const meanMiB = mean(samples.map(({ memoryMiB }) => memoryMiB));
  const together = samples.map(({ tasks, memoryMiB }) => (tasks - meanTasks) * (memoryMiB - meanMiB));
  const squares = samples.map(({ tasks }) => (tasks - meanTasks) ** 2);
  const taskMiB = Math.max(LEAST_TASK_MIB, mean(together) / mean(squares));
  const bases = samples.map(({ tasks, memoryMiB }) => memoryMiB - taskMiB * tasks);
  return { baseMiB: Math.max(EMPTY_WORKER_MIB, ...bases), taskMiB };
}

function memoryAtMost(samples: readonly LoadSample[]): Pick<Footprint, 'baseMiB' | 'taskMiB'> {
  const ofTask = samples.map(({ tasks, memoryMiB }) => (memoryMiB - EMPTY_WORKER_MIB) / Math.max(1, tasks));
  return { baseMiB: EMPTY_WORKER_MIB, taskMiB: Math.max(LEAST_TASK_MIB, ...ofTask) };
}

/** A line through the origin, so that what the agent itself computes counts as its tasks'. */
function cpuOfTask(samples: readonly LoadSample[]): number {
  const together = samples.map(({ tasks, cpuShare, cpu }) => tasks * cpuShare * cpu);
  const squares = samples.map(({ tasks }) => tasks ** 2);
  return mean(together) / Math.max(Number.EPSILON, mean(squares));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
