import { markdownTable } from 'markdown-table';
import type { Measured, Spent } from './client.ts';
import type { Day, Rate } from './day.ts';
import { QUOTAS, type Quota } from './quotas.ts';

/** What one worker, one scaler and its memory do, against their calls made without the project's code. */
export function loadTable({ worker, ticks, heap }: Measured): string {
  const row = (what: string, count: number, { project, alone }: { project: Spent; alone: Spent }) => [
    what,
    ((1000 * count) / project.wallMs).toFixed(0),
    (project.wallMs / alone.wallMs).toFixed(2),
    (project.cpuMs / alone.cpuMs).toFixed(2),
  ];
  const [first, last] = [heap[0], heap.at(-1)];
  const growth = first && last ? (last.bytes / first.bytes).toFixed(2) : '?';
  return [
    markdownTable(
      [
        ['', 'a second', 'time ÷ its calls alone', 'CPU ÷ its calls alone'],
        row('tasks through one worker, empty handler', worker.tasks, worker),
        row(`ticks, ${ticks.pools} pools of 100 agents`, ticks.ticks, ticks),
      ],
      { align: ['l', 'r', 'r', 'r'] },
    ),
    `Heap in use after ${last?.ticks ?? 0} ticks ÷ after ${first?.ticks ?? 0}: ${growth} (${heap
      .map(({ bytes }) => `${(bytes / 1e6).toFixed(1)}`)
      .join(', ')} MB).`,
  ].join('\n\n');
}

const HEARTBEAT_SECONDS = 30;
const POLL_SECONDS = 20;
const RENEW_SECONDS = 300;

/** What a thousand pools ask of AWS, against its quotas. */
export function scaleTable(day: Day, { callsOfTask, unitsOfTask, unitsOfTick }: Measured): string {
  const steady = (mean: number): Rate => ({ mean, busiest: mean });
  const ofTask = (operation: string) => callsOfTask[operation] ?? 0;
  const queueCalls = Object.entries(callsOfTask)
    .filter(([name]) => /Message/.test(name) && name !== 'ReceiveMessage')
    // And its client sends one.
    .reduce((sum, [, count]) => sum + count, 1);
  const { agents, ticksPerSecond: ticks, tasksPerSecond: tasks, pools } = day;
  const heartbeats = agents / HEARTBEAT_SECONDS;
  const writes = ticks * unitsOfTick.writes + tasks * unitsOfTask.writes + heartbeats;
  const asked: Readonly<Record<Quota, Rate>> = {
    'ECS: DescribeServices': steady(ticks),
    'ECS: UpdateService': day.changes,
    'ECS: task protection': {
      mean: agents / RENEW_SECONDS + 2 * day.launches.mean,
      busiest: agents / RENEW_SECONDS + 2 * day.launches.busiest,
    },
    'ECS: tasks launched on Fargate': day.launches,
    // Of one queue, as the quota.
    'SQS: receive': steady(agents / POLL_SECONDS / pools + tasks / pools),
    'SQS: other calls': steady((ticks + tasks * queueCalls) / pools),
    'DynamoDB: write units': steady(writes),
    'DynamoDB: read units': steady(ticks * unitsOfTick.reads + tasks * unitsOfTask.reads),
    'DynamoDB: write units of the busiest partition': steady(
      (ticks * unitsOfTick.writes + heartbeats + 2 * tasks) / pools,
    ),
    'S3: PUT': steady(tasks * ofTask('PutObject')),
    'S3: GET': steady(tasks * ofTask('GetObject')),
  };
  const number = (value: number) => (value >= 10 ? value.toFixed(0) : value.toFixed(2));
  const rows = Object.entries(asked).map(([name, { mean, busiest }]) => {
    const { perSecond, of } = QUOTAS[name as Quota];
    return [
      name,
      number(mean),
      mean === busiest ? '' : number(busiest),
      `${perSecond.toLocaleString('en-US')} (${of})`,
      `${((100 * mean) / perSecond).toFixed(0)} %`,
    ];
  });
  return [
    `${pools.toLocaleString('en-US')} pools, ${tasks.toFixed(0)} tasks a second, ${Math.round(agents).toLocaleString('en-US')} agents on the mean of a simulated day:`,
    markdownTable([['', 'a second', 'busiest minute', 'quota a second', 'used'], ...rows], {
      align: ['l', 'r', 'r', 'l', 'r'],
    }),
  ].join('\n\n');
}
