import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoPoolOrders } from '../../shared/aws/dynamo-pool-orders.ts';
import { isLive } from '../../shared/pool/status.ts';
import { decidedCount } from '../../shared/scaling/decision.ts';
import { type Answer, styled, table } from '../answer.ts';
import { command } from '../command.ts';
import { type ConnectedPool, findPools, type StackOptions } from '../stack.ts';
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

async function look(pools: readonly ConnectedPool[]): Promise<Answer> {
  const seen = await Promise.all(pools.map(lookAt));
  const rows = seen.map(({ name, queue, service, agents, control }) => [
    name,
    queue.visible,
    queue.inFlight,
    service.desired,
    service.running,
    agents['ready'] ?? 0,
    agents['busy'] ?? 0,
    agents['cooldown'] ?? 0,
    agents['starting'] ?? 0,
    agents['draining'] ?? 0,
    control.kind,
  ]);
  const header = [
    'pool',
    'visible',
    'in flight',
    'desired',
    'running',
    'ready',
    'busy',
    'cooldown',
    'starting',
    'draining',
    'control',
  ];
  const decisions = seen.map(({ name, decision }) =>
    decision === undefined
      ? `${styled('bold', name)}: the scaler has not looked at it yet`
      : `${styled('bold', name)}, ${duration(Date.now() - decision.atMs)} ago: ${decision.kind} at ${decision.desired ?? '?'}: ${decision.reason}`,
  );
  return { text: [table(header, rows), '', ...decisions].join('\n'), value: seen };
}

async function lookAt({ pool, table: records, queue, fleet, store }: ConnectedPool) {
  const orders = dynamoPoolOrders(records, pool.name);
  const [counts, service, { instances }, { control, settings }, last] = await Promise.all([
    queue.counts(),
    fleet.read(),
    store.instances(),
    orders.read(),
    orders.lastDecision(),
  ]);
  const live = instances.filter(({ status: of }) => isLive(of));
  const agents = Object.fromEntries(
    [...Map.groupBy(live, ({ status: of }) => of)].map(([of, those]) => [of, those.length]),
  );
  return {
    name: pool.name,
    queue: counts,
    service,
    agents,
    control,
    ...(settings && { settings }),
    decision: last && {
      atMs: last.observation.atMs,
      kind: last.decision.kind,
      desired: decidedCount(last.decision),
      reason: last.decision.reason.text,
    },
  };
}
