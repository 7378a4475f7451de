import { userInfo } from 'node:os';
import { systemClock } from '../../shared/aws/clock.ts';
import { cancelTask } from '../../shared/runtime/cancel-task.ts';
import { command } from '../command.ts';
import { findTask, TASK_OPTIONS } from '../find-task.ts';
import { CliError } from '../result.ts';

export const cancel = command({
  examples: [['cancel 0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a11', 'cancel one task']],
  positionals: ['id'],
  options: TASK_OPTIONS,
  async run({ id, pool: name, ...stack }) {
    const { pool, record } = await findTask({ ...stack }, id, name);
    const result = await cancelTask({ ...pool, clock: systemClock }, id, userInfo().username);
    if (result.kind !== 'cancelled') throw new CliError(`task ${id} has already ended: agentpool task ${id}`);
    const { agentId } = result;
    const running =
      agentId === undefined ? '' : `; agent ${agentId.slice(0, 8)} aborts its handler at its next heartbeat`;
    return {
      text: `task ${id} is cancelled${running}`,
      value: { id, pool: pool.pool.name, was: record.status, ...(agentId !== undefined && { agentId }) },
    };
  },
});
