import { markdownTable } from 'markdown-table';
import { AGENT_METRICS } from '../../../shared/telemetry/agent-metrics.ts';
import { SCALER_METRICS } from '../../../shared/telemetry/scaler-metrics.ts';
import { FREE, MONTH_HOURS, PRICES } from '../../../sim/prices.ts';
import type { TickUsage, TurnUsage, VisitUsage } from './measure.ts';

export type Counts = { readonly alarms: number; readonly dashboards: number };
type Item = {
  readonly what: string;
  readonly used: string;
  readonly cost: number;
  readonly afterFree?: number;
};

const GB = 1024 ** 3;
const MINUTES = MONTH_HOURS * 60;
/** Runs of the reconciler, every 15 minutes, and of the compactor, every hour. */
const MAINTENANCE_RUNS = MONTH_HOURS * 5;
const DAYS_OF_DECISIONS = 30;
/** How long Lambda bills for a tick of an idle pool, whose calls run one after another. */
const TICK_SECONDS = 0.3;
const SCALER_GB = 0.25;
const COMPACTOR_GB = 0.25;
/** Sixteen visits at a time, of 10 ms each. */
const VISIT_SECONDS = 0.01 / 16;
const DAYS = 30;
/** The bundled image, compressed. */
const IMAGE_GB = 0.15;
/** Metrics that are emitted only when something goes wrong. */
const SELDOM = [
  'TasksDeadLettered',
  'TasksReturned',
  'SnapshotsDamaged',
  'BudgetUsed',
  'AgentsHeldUp',
  'LimitUsed',
  'SlotsHeldBack',
];

/** What a stack of one pool costs a month while nothing happens. */
export function idleTable(counts: Counts, tick: TickUsage): string {
  const logGb = (MINUTES * tick.logBytes) / GB;
  const decisionsGb = (DAYS_OF_DECISIONS * 24 * 60 * tick.recordBytes) / GB;
  const items: Item[] = [
    {
      what: 'scaler, one tick a minute',
      used: `${thousands(MINUTES)} calls of ${TICK_SECONDS} s with ${SCALER_GB} GB`,
      cost: MINUTES * (PRICES.lambdaRequest + TICK_SECONDS * SCALER_GB * PRICES.lambdaGbSecond),
    },
    {
      what: 'reconciler and compactor',
      used: `${thousands(MAINTENANCE_RUNS)} calls of ${TICK_SECONDS} s with ${COMPACTOR_GB} GB`,
      cost: MAINTENANCE_RUNS * (PRICES.lambdaRequest + TICK_SECONDS * COMPACTOR_GB * PRICES.lambdaGbSecond),
    },
    ...tableItems(tick, MINUTES, decisionsGb),
    {
      what: 'reading the queue’s depth',
      used: `${thousands(MINUTES)} calls`,
      cost: MINUTES * PRICES.queueCall,
    },
    withFree('alarms', counts.alarms, PRICES.alarmMonth, FREE.alarms),
    withFree('dashboards', counts.dashboards, PRICES.dashboardMonth, FREE.dashboards),
    withFree('metrics', 1, PRICES.metricMonth, FREE.metrics),
    {
      what: 'logs',
      used: `${megabytes(MINUTES * tick.logBytes)}, ${tick.logBytes} bytes a tick`,
      cost: logGb * PRICES.logGb,
      afterFree: Math.max(0, logGb - FREE.logGb) * PRICES.logGb,
    },
    withFree('traces', MINUTES + MAINTENANCE_RUNS, PRICES.trace, FREE.traces),
    { what: 'image of the agents', used: `${IMAGE_GB} GB`, cost: IMAGE_GB * PRICES.imageGbMonth },
    { what: 'network and its flow log, bucket, rules, topic, agents', used: 'nothing while idle', cost: 0 },
  ];
  const sum = (of: (item: Item) => number) => items.reduce((total, item) => total + of(item), 0);
  const afterFree = (item: Item) => item.afterFree ?? item.cost;
  return markdownTable(
    [
      [
        'idle: one pool, min 0',
        'used in a month',
        'list price',
        'after CloudWatch’s and X-Ray’s free allowances',
      ],
      ...items.map((item) => [item.what, item.used, dollars(item.cost), dollars(afterFree(item))]),
      ['**all**', '', `**${dollars(sum((item) => item.cost))}**`, `**${dollars(sum(afterFree))}**`],
    ],
    { align: ['l', 'l', 'r', 'r'] },
  );
}

/** What each addition to a stack costs a month. */
export function growthTable(
  alarmsOfPool: number,
  tick: TickUsage,
  { turn, visit }: { readonly turn: TurnUsage; readonly visit: VisitUsage },
): string {
  const ticks = 4 * MINUTES;
  const metrics = [...Object.keys(SCALER_METRICS), ...Object.keys(AGENT_METRICS)].filter(
    (name) => !SELDOM.includes(name),
  );
  const records = tableItems(tick, ticks, (4 * DAYS_OF_DECISIONS * 24 * 60 * tick.recordBytes) / GB);
  const agentHour = 0.25 * PRICES.cpuHour + 0.5 * PRICES.gbHour;
  const million = 1e6;
  const rows: [string, string, number][] = [
    [
      'a scaler that ticks every 15 s, for all pools',
      `${SCALER_GB} GB without a pause`,
      MINUTES * 60 * SCALER_GB * PRICES.lambdaGbSecond,
    ],
    [
      'a pool: alarms and page',
      `${alarmsOfPool} alarms, 1 dashboard`,
      alarmsOfPool * PRICES.alarmMonth + PRICES.dashboardMonth,
    ],
    ['a pool at work: metrics', `${metrics.length}`, metrics.length * PRICES.metricMonth],
    [
      'a pool at work: ticks every 15 s, 10 agents',
      records.map(({ used }) => used).join('; '),
      records.reduce((sum, { cost }) => sum + cost, 0),
    ],
    [
      'a pool at work: its log',
      megabytes(ticks * tick.logBytes),
      ((ticks * tick.logBytes) / GB) * PRICES.logGb,
    ],
    ['an agent (0.25 vCPU, 0.5 GB), all month on demand', `${MONTH_HOURS} hours`, MONTH_HOURS * agentHour],
    ['the same on Spot, about', '', MONTH_HOURS * agentHour * PRICES.spotShare],
    ['its public address, in a VPC without NAT', `${MONTH_HOURS} hours`, MONTH_HOURS * PRICES.addressHour],
    ['its heartbeats, twice a minute', `${thousands(2 * MINUTES)} writes`, 2 * MINUTES * PRICES.writeUnit],
    [
      'a million turns: DynamoDB',
      `${turn.writes.toFixed(1)} writes, ${turn.reads.toFixed(1)} reads each`,
      million * (turn.writes * PRICES.writeUnit + turn.reads * PRICES.readUnit),
    ],
    [
      'a million turns: SQS',
      `${turn.queueCalls.toFixed(1)} calls each`,
      million * turn.queueCalls * PRICES.queueCall,
    ],
    [
      'a million turns: logs',
      `${Math.round(turn.logBytes)} bytes each`,
      ((million * turn.logBytes) / GB) * PRICES.logGb,
    ],
    [
      'a million contexts kept: the compactor’s daily visits',
      `${visit.reads.toFixed(1)} reads, ${visit.objects.toFixed(1)} listed objects each`,
      DAYS * million * visitCost(visit),
    ],
  ];
  return markdownTable(
    [
      ['what is added', 'used in a month', 'list price'],
      ...rows.map(([what, used, cost]) => [what, used, dollars(cost)]),
    ],
    { align: ['l', 'l', 'r'] },
  );
}

function visitCost({ reads, objects }: VisitUsage): number {
  const lambda = VISIT_SECONDS * COMPACTOR_GB * PRICES.lambdaGbSecond;
  return reads * PRICES.readUnit + objects * PRICES.listedObject + lambda;
}

function tableItems({ writes, reads }: TickUsage, ticks: number, decisionsGb: number): Item[] {
  return [
    {
      what: 'records: writes',
      used: `${writes} write units a tick`,
      cost: ticks * writes * PRICES.writeUnit,
    },
    { what: 'records: reads', used: `${reads} read units a tick`, cost: ticks * reads * PRICES.readUnit },
    {
      what: 'decisions of 30 days, and their backup',
      used: `${megabytes(decisionsGb * GB)}`,
      cost: decisionsGb * (PRICES.tableGbMonth + PRICES.recoveryGbMonth),
    },
  ];
}

function withFree(what: string, count: number, price: number, free: number): Item {
  return { what, used: thousands(count), cost: count * price, afterFree: Math.max(0, count - free) * price };
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
