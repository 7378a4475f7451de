import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { viewTask } from '../../shared/views/task-view.ts';
import { command } from '../command.ts';
import { findTask, TASK_OPTIONS } from '../find-task.ts';
import { styled } from '../result.ts';
import type { OpenPool } from '../stack.ts';
import { duration, timestamp } from '../time.ts';

export const task = command({
  examples: [['task 0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a11', 'show one task']],
  positionals: ['id'],
  options: TASK_OPTIONS,
  async run({ id, pool: name, ...stack }) {
    const { pool, record } = await findTask({ ...stack }, id, name);
    return describe(pool, record);
  },
});

async function describe({ pool, objects }: OpenPool, record: TaskRecord) {
  const view = await viewTask(pool.name, record, objects);
  const { startedAtMs, endedAtMs, contextId, agentId, reason, progress, result } = view;
  const lines = [
    `${styled('bold', view.id)} in ${view.pool}: ${view.status}`,
    `sent      ${timestamp(view.sentAtMs)}`,
    startedAtMs !== undefined &&
      `started   ${timestamp(startedAtMs)}, after ${duration(startedAtMs - view.sentAtMs)}`,
    `attempts  ${view.attempts}${view.returned > 0 ? `, ${view.returned} of them returned` : ''}`,
    contextId !== undefined && `context   ${contextId}`,
    agentId !== undefined && `agent     ${agentId}`,
    endedAtMs !== undefined && `ended     ${timestamp(endedAtMs)}`,
    progress !== undefined && `progress  ${JSON.stringify(progress)}`,
    reason !== undefined && `reason    ${reason}`,
    result !== undefined && `result    ${JSON.stringify(result, null, 2)}`,
  ];
  return { text: lines.filter((line) => line !== false).join('\n'), value: view };
}
