import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { openPool } from '../../shared/aws/open-pool.ts';
import type { StackOutputs } from '../../shared/aws/stack-outputs.ts';
import { dashboardName } from '../../shared/telemetry/dashboard-name.ts';
import { awsViews } from '../aws-views.ts';
import { type Dashboard, keysOf, parseDashboard, specOf } from '../dashboard.ts';
import type { AlarmNow, Point, Points, Source } from '../source.ts';

const PERIOD_SECONDS = 60;
/** Most queries per GetMetricData call. */
const QUERIES = 500;
/** Most alarms per DescribeAlarms call, which is more than the pools of one scaler have. */
const ALARMS = 100;
const STATES = { ALARM: 'alarm', OK: 'ok', INSUFFICIENT_DATA: 'unknown' } as const;

/** A deployed stack, read with the user's credentials. Read-only. */
export function deployedSource(stack: string, outputs: StackOutputs): Source {
  const cloudWatch = new CloudWatchClient({});
  const pools = outputs.pools.map(({ name }) => openPool(outputs, name));
  const names = pools.map(({ pool }) => pool.name);
  let read: Promise<readonly Dashboard[]> | undefined;

  async function dashboards(): Promise<readonly Dashboard[]> {
    const region = await cloudWatch.config.region();
    const shown = [undefined, ...names].map((pool) => dashboardName({ stack, region, pool }));
    const found = await Promise.all(shown.map(dashboard));
    return found.flat();
  }

  /** They change with a deployment only. A read that failed is repeated. */
  function dashboardsOnce(): Promise<readonly Dashboard[]> {
    read ??= dashboards().catch((error: unknown) => {
      read = undefined;
      throw error;
    });
    return read;
  }

  /** Returns an empty list if the stack was deployed without the dashboard. */
  async function dashboard(name: string): Promise<readonly Dashboard[]> {
    const { DashboardBody: body } = await cloudWatch
      .send(new GetDashboardCommand({ DashboardName: name }))
      .catch((error: Error) => {
        if (error.name === 'ResourceNotFound' || error.name === 'DashboardNotFoundError')
          return { DashboardBody: undefined };
        throw error;
      });
    return body === undefined ? [] : [parseDashboard(name, body)];
  }

  async function alarms(): Promise<readonly AlarmNow[]> {
    const wanted = [...new Set((await dashboardsOnce()).flatMap((page) => page.alarms))];
    const found = await Promise.all(
      batches(wanted, ALARMS).map((AlarmNames) =>
        cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames, MaxRecords: ALARMS })),
      ),
    );
    const described = found.flatMap(({ MetricAlarms = [] }) => MetricAlarms);
    return described.map(({ AlarmName: name = '', AlarmDescription: description = name, StateValue }) => ({
      name,
      description,
      state: STATES[StateValue ?? 'INSUFFICIENT_DATA'],
    }));
  }

  return {
    stack,
    pools: names,
    ...awsViews(pools),
    dashboards: dashboardsOnce,
    alarms,
    async points(sinceMs) {
      const keys = keysOf(await dashboardsOnce());
      const results = await Promise.all(
        batches(keys, QUERIES).map((batch) => query(cloudWatch, batch, sinceMs)),
      );
      return Object.assign({}, ...results) as Points;
    },
    latestTasks: () => [],
    // Each read of the pools makes several calls, and CloudWatch has nothing newer than a minute.
    pace: { pools: 5_000, points: PERIOD_SECONDS * 1000 },
  };
}

function batches<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

async function query(
  cloudWatch: CloudWatchClient,
  keys: readonly string[],
  sinceMs: number,
): Promise<Points> {
  const points = new Map<string, Point[]>();
  let token: string | undefined;
  do {
    const { MetricDataResults: results = [], NextToken } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(sinceMs),
        EndTime: new Date(),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: keys.map(queryOf),
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    for (const { Id, Timestamps = [], Values = [] } of results) {
      const key = keys[Number(Id?.slice(1))];
      if (key === undefined) continue;
      const divisor = specOf(key).perSecond ? PERIOD_SECONDS : 1;
      const of = Timestamps.map((at, index): Point => [at.getTime() / 1000, (Values[index] ?? 0) / divisor]);
      points.set(key, [...(points.get(key) ?? []), ...of]);
    }
    token = NextToken;
  } while (token !== undefined);
  return Object.fromEntries(points);
}

function queryOf(key: string, index: number): MetricDataQuery {
  const { namespace, metric, dimensions, stat } = specOf(key);
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: PERIOD_SECONDS,
      Stat: stat,
    },
  };
}
