import { FARGATE_SIZES, ownProviders } from '../../shared/core/pool/capacity.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { Footprint } from './footprint.ts';

export type Size = { readonly cpu: number; readonly memoryMiB: number };

/** Whether agents of a size could work on a number of tasks at a time. */
export type Fit = { readonly kind: 'fits' } | { readonly kind: 'too-much'; readonly why: string };

/** Beyond these shares of its size, an agent is not to be filled: what it takes is an estimate, and varies. */
const CPU_SHARE_AT_MOST = 0.8;
const MEMORY_SHARE_AT_MOST = 0.8;
/** A handler that computes for longer at a time makes the others of its agent wait. */
const DELAY_MS_AT_MOST = 100;
/** Fargate's sizes are tried up to this many times the CPU of today's, and down to that part of it. */
const AROUND = 8;

export function fitOf(slots: number, size: Size, footprint: Footprint): Fit {
  const { baseMiB, taskMiB, taskCpu, eventLoopDelayMs, mostTasks } = footprint;
  const memoryMiB = Math.ceil(baseMiB + slots * taskMiB);
  const cpu = Math.ceil(slots * taskCpu);
  if (slots > Math.ceil(mostTasks) && eventLoopDelayMs > DELAY_MS_AT_MOST)
    return tooMuch(`tasks would hold each other up: the event loop is already ${eventLoopDelayMs} ms late`);
  if (memoryMiB > MEMORY_SHARE_AT_MOST * size.memoryMiB)
    return tooMuch(`would take ${whole(memoryMiB)} of ${whole(size.memoryMiB)} MiB`);
  if (cpu > CPU_SHARE_AT_MOST * size.cpu)
    return tooMuch(`would take ${whole(cpu)} of ${whole(size.cpu)} CPU units`);
  return { kind: 'fits' };
}

/** The sizes to consider: today's, and on Fargate those around it. The smallest first. */
export function sizesAround({ agent, capacity }: Pick<PoolConfig, 'agent' | 'capacity'>): readonly Size[] {
  const { cpu, memoryMiB } = agent;
  if (ownProviders(capacity).length > 0) return [{ cpu, memoryMiB }];
  return FARGATE_SIZES.filter((size) => size.cpu <= AROUND * cpu && size.cpu * AROUND >= cpu);
}

function tooMuch(why: string): Fit {
  return { kind: 'too-much', why };
}

function whole(value: number): string {
  return value.toLocaleString('en');
}
