import { systemClock } from '../../shared/aws/clock.ts';
import { type PoolView, viewPool } from '../../shared/views/pool-view.ts';
import { command } from '../command.ts';
import { clearScreen, print } from '../print.ts';
import { type CommandResult, countOf, styled } from '../result.ts';
import { findPools, type OpenPool, type StackOptions } from '../stack.ts';
import { table } from '../table.ts';
import { duration } from '../time.ts';
import { trends } from '../trends.ts';

const REFRESH_MS = 2_000;

export const status = command({
  examples: [
    ['status', 'show all pools of the stack'],
    ['status support --watch', 'show one pool with its last minutes, refreshed in place'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
    watch: { type: 'boolean', default: false, describe: 'refresh every 2 seconds until you press Ctrl-C' },
  },
  async run({ pool, watch, json, wide, ...stack }) {
    const pools = await findPools({ ...stack } as StackOptions, pool);
    if (!watch) return summary(await Promise.all(pools.map(viewPool)));
    return refresh(pools, { json, wide });
  },
});

async function refresh(
  pools: readonly OpenPool[],
  { json, wide }: { readonly json: boolean; readonly wide: boolean },
): Promise<never> {
  const past = trends(pools);
  for (;;) {
    const [views, lines] = [await Promise.all(pools.map(viewPool)), json ? [] : await past.lines()];
    if (json) print(JSON.stringify(views));
    else {
      // It may have changed since the last time.
      const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY;
      const now = summary(views).text(wide ? Number.POSITIVE_INFINITY : columns);
      clearScreen();
      print([now, '', ...lines].join('\n'));
    }
    await systemClock.sleep(REFRESH_MS);
  }
}

function summary(views: readonly PoolView[]): CommandResult & { text: (width: number) => string } {
  const rows = views.map(({ name, queue, service, agents, slots, mode }) => {
    const count = (status: string) => agents.filter((agent) => agent.status === status).length;
    const others = (['cooldown', 'starting', 'draining'] as const)
      .map((status) => `${count(status)} ${status}`)
      .filter((text) => !text.startsWith('0'));
    return [
      name,
      queue.visible,
      queue.inFlight,
      service.desired,
      service.running,
      count('ready'),
      count('busy'),
      `${slots.used}/${slots.total}`,
      others.join(', '),
      mode.kind,
    ];
  });
  const header = [
    'pool',
    'visible',
    'in flight',
    'desired',
    'running',
    'ready',
    'busy',
    'slots',
    'others',
    'mode',
  ];
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
  const pools = table(header, rows);
  return { text: (width) => [pools(width), '', ...decisions, ...problems].join('\n'), value: views };
}
