import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Task } from '../local/ecs/model.ts';
import { returnTask } from '../local/return-tasks.ts';
import type { LocalStack } from '../local/stack.ts';
import { type OpenPool, openPool } from '../shared/aws/open-pool.ts';
import { cleanText } from '../shared/core/foreign-text.ts';
import { lastDecision } from '../shared/ports/decision-log.ts';
import { viewLogged } from '../shared/views/decision-view.ts';
import { timestamp } from './time.ts';
import { watchProblems } from './watch-problems.ts';

const EVERY_MS = 1_000;
const LINE_CHARACTERS = 500;
const START_MS = 5_000;

/**
 * Says what happens in a local stack: decisions that change something, agents that crash, and why they take no tasks. The
 * task of an agent that died goes back to its queue.
 */
export function watchLocal(stack: LocalStack, say: (line: string) => void) {
  let done = new AbortController();
  let watching = watchPools(stack, say, done.signal);
  const end = async () => {
    done.abort();
    await watching;
  };
  return {
    /** Starts again, with the pools that there are now. */
    async again() {
      await end();
      done = new AbortController();
      watching = watchPools(stack, say, done.signal);
    },
    end,
  };
}

async function watchPools(stack: LocalStack, say: (line: string) => void, done: AbortSignal): Promise<void> {
  const report = (line: string) => say(`${timestamp(Date.now()).slice(11, -1)}  ${line}`);
  const pools = stack.outputs.pools.map(({ name }) => openPool(stack.outputs, name));
  const crashed = new Set<string>();
  const onChange = (task: Task) => {
    if (!hasCrashed(task) || crashed.has(task.id)) return;
    crashed.add(task.id);
    reportCrash(stack, task, report).catch(() => {});
    const pool = pools.find((each) => each.pool.service === task.service.name);
    if (pool) returnTask(stack, pool, task.id).catch((error: Error) => report(error.message));
  };
  stack.ecs.scheduler.events.on('change', onChange);
  await Promise.all(
    pools.flatMap((pool) => [
      watchProblems({ name: pool.pool.name, store: pool.store }, report, done),
      watchDecisions(pool, report, done),
    ]),
  );
  stack.ecs.scheduler.events.off('change', onChange);
}

/** A drained agent exits with 0, but none does at its start. */
function hasCrashed({ lastStatus, stopCode, exitCode = 0, startedAtMs = 0, stoppedAtMs = 0 }: Task): boolean {
  if (lastStatus !== 'STOPPED' || stopCode !== 'EssentialContainerExited') return false;
  return exitCode !== 0 || stoppedAtMs - startedAtMs <= START_MS;
}

async function reportCrash(
  { logDirectory }: LocalStack,
  { id, exitCode }: Task,
  report: (line: string) => void,
): Promise<void> {
  const line = await lastLine(join(logDirectory, `agent-${id}.log`));
  report(`agent ${id.slice(0, 6)} exited with ${exitCode}${line}`);
}

async function watchDecisions(
  { pool, decisions }: OpenPool,
  report: (line: string) => void,
  done: AbortSignal,
): Promise<void> {
  let afterMs = Date.now();
  while (!done.aborted) {
    const last = await lastDecision(decisions, { afterMs }).catch(() => undefined);
    if (last) {
      afterMs = last.atMs;
      const view = viewLogged(pool.name, last);
      if (view.kind !== 'hold')
        report(`${pool.name}: ${view.kind} to ${view.desired ?? '?'}: ${view.reason}`);
    }
    await setTimeout(EVERY_MS, undefined, { signal: done }).catch(() => {});
  }
}

/** What an agent said last, if it said anything. */
async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const line = text.trim().split('\n').at(-1) ?? '';
  const message = messageOf(line);
  return message === '' ? '' : `: ${cleanText(message, LINE_CHARACTERS)}`;
}

/** Agents log JSON, and what ends them is plain text. */
function messageOf(line: string): string {
  try {
    const { message, error } = JSON.parse(line) as { message?: string; error?: { message?: string } };
    return [message, error?.message].filter((each) => each !== undefined).join(': ');
  } catch {
    return line;
  }
}
