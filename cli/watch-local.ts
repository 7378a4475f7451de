import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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

/** Says what happens in a local stack: decisions that change something, agents that crash, and why they take no tasks. */
export async function watchLocal(
  stack: LocalStack,
  say: (line: string) => void,
  done: AbortSignal,
): Promise<void> {
  const report = (line: string) => say(`${timestamp(Date.now()).slice(11, -1)}  ${line}`);
  const crashed = new Set<string>();
  stack.ecs.scheduler.events.on('change', (task) => {
    const { id, lastStatus, exitCode = 0, stopCode, startedAtMs = 0, stoppedAtMs = 0 } = task;
    if (lastStatus !== 'STOPPED' || stopCode !== 'EssentialContainerExited') return;
    // A drained agent exits with 0, but none does at its start.
    if (exitCode === 0 && stoppedAtMs - startedAtMs > START_MS) return;
    if (done.aborted || crashed.has(id)) return;
    crashed.add(id);
    lastLine(join(stack.logDirectory, `agent-${id}.log`))
      .then((line) => report(`agent ${id.slice(0, 6)} exited with ${exitCode}${line}`))
      .catch(() => {});
  });
  await Promise.all(
    stack.outputs.pools.flatMap(({ name }) => {
      const pool = openPool(stack.outputs, name);
      return [watchProblems({ name, store: pool.store }, report, done), watchDecisions(pool, report, done)];
    }),
  );
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
