import { markdownTable } from 'markdown-table';
import { AGENT_METRICS } from '../../../shared/telemetry/agent-metrics.ts';
import { SCALER_METRICS } from '../../../shared/telemetry/scaler-metrics.ts';
import type { LookUsage, TurnUsage } from './measure.ts';
import { FREE, MONTH_HOURS, PRICES } from './prices.ts';

export type Counts = { readonly alarms: number; readonly dashboards: number };
type Item = {
  readonly what: string;
  readonly used: string;
  readonly cost: number;
  readonly afterFree?: number;
};

const GB = 1024 ** 3;
const MINUTES = MONTH_HOURS * 60;
const DAYS_OF_DECISIONS = 30;
/** A look with its calls one after another; the function is billed for so long while the pool rests. */
const LOOK_SECONDS = 0.3;
const SCALER_GB = 0.25;
/** The bundled image, compressed. */
const IMAGE_GB = 0.15;
/** Metrics that are emitted only when something goes wrong. */
const SELDOM = ['AttemptsFailed', 'TasksDeadLettered', 'TasksReturned', 'SnapshotsDamaged', 'BudgetUsed'];

/** What a stack of one pool costs a month while nothing happens. */
export function idleTable(counts: Counts, look: LookUsage): string {
  const logGb = (MINUTES * look.logBytes) / GB;
  const decisionsGb = (DAYS_OF_DECISIONS * 24 * 60 * look.recordBytes) / GB;
  const items: Item[] = [
    {
      what: 'scaler, one look a minute',
      used: `${thousands(MINUTES)} calls of ${LOOK_SECONDS} s with ${SCALER_GB} GB`,
      cost: MINUTES * (PRICES.lambdaRequest + LOOK_SECONDS * SCALER_GB * PRICES.lambdaGbSecond),
    },
    ...tableItems(look, MINUTES, decisionsGb),
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
      used: `${megabytes(MINUTES * look.logBytes)}, ${look.logBytes} bytes a look`,
      cost: logGb * PRICES.logGb,
      afterFree: Math.max(0, logGb - FREE.logGb) * PRICES.logGb,
    },
    { what: 'traces', used: `${thousands(MINUTES)}`, cost: MINUTES * PRICES.trace },
    { what: 'image of the agents', used: `${IMAGE_GB} GB`, cost: IMAGE_GB * PRICES.imageGbMonth },
    { what: 'network, bucket, rules, topic, agents', used: 'nothing while idle', cost: 0 },
  ];
  const sum = (of: (item: Item) => number) => items.reduce((total, item) => total + of(item), 0);
  const afterFree = (item: Item) => item.afterFree ?? item.cost;
  return markdownTable(
    [
      ['idle: one pool, min 0', 'used in a month', 'list price', 'after CloudWatch’s free allowance'],
      ...items.map((item) => [item.what, item.used, dollars(item.cost), dollars(afterFree(item))]),
      ['**all**', '', `**${dollars(sum((item) => item.cost))}**`, `**${dollars(sum(afterFree))}**`],
    ],
    { align: ['l', 'l', 'r', 'r'] },
  );
}

/** What each thing adds that a stack grows by. */
export function growthTable(alarmsOfPool: number, look: LookUsage, turn: TurnUsage): string {
  const looks = 4 * MINUTES;
  const metrics = [...Object.keys(SCALER_METRICS), ...Object.keys(AGENT_METRICS)].filter(
    (name) => !SELDOM.includes(name),
  );
  const records = tableItems(look, looks, (4 * DAYS_OF_DECISIONS * 24 * 60 * look.recordBytes) / GB);
  const agentHour = 0.25 * PRICES.cpuHour + 0.5 * PRICES.gbHour;
  const million = 1e6;
  const rows: [string, string, number][] = [
    [
      'a scaler that looks every 15 s, for all pools',
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
      'a pool at work: looks every 15 s, 10 agents',
      records.map(({ used }) => used).join('; '),
      records.reduce((sum, { cost }) => sum + cost, 0),
    ],
    [
      'a pool at work: its log',
      megabytes(looks * look.logBytes),
      ((looks * look.logBytes) / GB) * PRICES.logGb,
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
  ];
  return markdownTable(
    [
      ['what is added', 'used in a month', 'list price'],
      ...rows.map(([what, used, cost]) => [what, used, dollars(cost)]),
    ],
    { align: ['l', 'l', 'r'] },
  );
}

function tableItems({ writes, reads }: LookUsage, looks: number, decisionsGb: number): Item[] {
  return [
    {
      what: 'records: writes',
      used: `${writes} write units a look`,
      cost: looks * writes * PRICES.writeUnit,
    },
    { what: 'records: reads', used: `${reads} read units a look`, cost: looks * reads * PRICES.readUnit },
    {
      what: 'decisions of 30 days, and their backup',
      used: `${megabytes(decisionsGb * GB)}`,
      cost: decisionsGb * (PRICES.tableGbMonth + PRICES.recoveryGbMonth),
    },
  ];
}

function withFree(what: string, count: number, price: number, free: number): Item {
  return { what, used: String(count), cost: count * price, afterFree: Math.max(0, count - free) * price };
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
