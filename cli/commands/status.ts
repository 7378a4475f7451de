import { systemClock } from '../../shared/aws/clock.ts';
import { viewPool } from '../../shared/views/pool-view.ts';
import { type Answer, styled, table } from '../answer.ts';
import { command } from '../command.ts';
import { findPools, type OpenPool, type StackOptions } from '../stack.ts';
import { duration } from '../time.ts';

const REFRESH_MS = 2_000;
const CLEAR = '\u001B[2J\u001B[H';

export const status = command({
  command: 'status [pool]',
  describe: 'queue, agents and the latest decision of each pool',
  examples: [
    ['status', 'all pools of the stack'],
    ['status support --watch', 'one, refreshed in place'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'one pool instead of all' },
    watch: { type: 'boolean', default: false, describe: 'look again every two seconds, until Ctrl-C' },
  },
  async run({ pool, watch, json, ...stack }) {
    const pools = await findPools({ ...stack } as StackOptions, pool);
    if (!watch) return look(pools);
    for (;;) {
      const { text, value } = await look(pools);
      process.stdout.write(
        json ? `${JSON.stringify(value)}\n` : `${process.stdout.isTTY ? CLEAR : ''}${text}\n`,
      );
      await systemClock.sleep(REFRESH_MS);
    }
  },
});

async function look(pools: readonly OpenPool[]): Promise<Answer> {
  const seen = await Promise.all(pools.map(viewPool));
  const statuses = ['ready', 'busy', 'cooldown', 'starting', 'draining'] as const;
  const rows = seen.map(({ name, queue, service, agents, mode }) => [
    name,
    queue.visible,
    queue.inFlight,
    service.desired,
    service.running,
    ...statuses.map((status) => agents.filter((agent) => agent.status === status).length),
    mode.kind,
  ]);
  const header = ['pool', 'visible', 'in flight', 'desired', 'running', ...statuses, 'mode'];
  const decisions = seen.map(({ name, decision }) =>
    decision === undefined
      ? `${styled('bold', name)}: the scaler has not looked at it yet`
      : `${styled('bold', name)}, ${duration(Date.now() - decision.atMs)} ago: ${decision.kind} at ${decision.desired ?? '?'}: ${decision.reason}`,
  );
  return { text: [table(header, rows), '', ...decisions].join('\n'), value: seen };
}
