import { systemClock } from '../../shared/aws/clock.ts';
import { terminalText } from '../../shared/core/foreign-text.ts';
import { viewPool } from '../../shared/views/pool-view.ts';
import { command } from '../command.ts';
import { type CommandResult, countOf, styled, table } from '../result.ts';
import { findPools, type OpenPool, type StackOptions } from '../stack.ts';
import { duration } from '../time.ts';

const REFRESH_MS = 2_000;
const CLEAR = '\u001B[2J\u001B[H';

export const status = command({
  command: 'status [pool]',
  describe: 'show the queue, the agents and the latest decision of each pool',
  examples: [
    ['status', 'show all pools of the stack'],
    ['status support --watch', 'show one pool, refreshed in place'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
    watch: { type: 'boolean', default: false, describe: 'refresh every 2 seconds until you press Ctrl-C' },
  },
  async run({ pool, watch, json, ...stack }) {
    const pools = await findPools({ ...stack } as StackOptions, pool);
    if (!watch) return summary(pools);
    for (;;) {
      const { text, value } = await summary(pools);
      process.stdout.write(
        json ? `${JSON.stringify(value)}\n` : `${process.stdout.isTTY ? CLEAR : ''}${terminalText(text)}\n`,
      );
      await systemClock.sleep(REFRESH_MS);
    }
  },
});

async function summary(pools: readonly OpenPool[]): Promise<CommandResult> {
  const views = await Promise.all(pools.map(viewPool));
  const statuses = ['ready', 'busy', 'cooldown', 'starting', 'draining'] as const;
  const rows = views.map(({ name, queue, service, agents, mode }) => [
    name,
    queue.visible,
    queue.inFlight,
    service.desired,
    service.running,
    ...statuses.map((status) => agents.filter((agent) => agent.status === status).length),
    mode.kind,
  ]);
  const header = ['pool', 'visible', 'in flight', 'desired', 'running', ...statuses, 'mode'];
  const decisions = views.map(({ name, decision }) =>
    decision === undefined
      ? `${styled('bold', name)}: not ticked yet`
      : `${styled('bold', name)}, ${duration(Date.now() - decision.atMs)} ago: ${decision.kind} at ${decision.desired ?? '?'}: ${decision.reason}`,
  );
  const problems = views.flatMap(({ name, problems }) =>
    problems.map(({ text, agents, latestAtMs }) => {
      const who = `${countOf(agents, 'agent')}, ${duration(Date.now() - latestAtMs)} ago`;
      return styled('red', `✗ ${name}, ${who}: ${text}`);
    }),
  );
  return { text: [table(header, rows), '', ...decisions, ...problems].join('\n'), value: views };
}
