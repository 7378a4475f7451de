import type { Template } from 'aws-cdk-lib/assertions';
import { evaluate } from '../../../console/local/alarms.ts';
import { metricStore } from '../../../console/local/metrics.ts';
import { decide } from '../../../shared/core/decide.ts';
import { decidedCount } from '../../../shared/core/decision.ts';
import { type Neighbour, type Observation, unknown } from '../../../shared/core/observation.ts';
import type { PoolInput } from '../../../shared/core/pool/config.ts';
import { AUTOMATIC, INITIAL_STATE, type Mode, type PoolState } from '../../../shared/core/pool/state.ts';
import { agentMeasurements, type MeasuredAttempt } from '../../../shared/telemetry/agent-metrics.ts';
import { type Measurement, NAMESPACE } from '../../../shared/telemetry/metrics.ts';
import { type AgentEnd, reconcileMeasurements } from '../../../shared/telemetry/reconcile-metrics.ts';
import { scalerMeasurements } from '../../../shared/telemetry/scaler-metrics.ts';
import { inputs, NOW_MS, observation, pool } from '../../unit/build.ts';

type Seen = NonNullable<Parameters<typeof observation>[1]>;

/** What happens to a pool in a minute. */
export type Minute = {
  /** Whether the scaler runs, and what its ticks read. */
  readonly isTicking: boolean;
  readonly seen: Seen;
  readonly unreadable?: 'queue' | 'fleet' | 'agents';
  readonly mode?: Mode;
  readonly neighbours?: readonly Neighbour[];
  /** Tasks that start, and attempts that end. */
  readonly attempts: readonly MeasuredAttempt[];
  readonly ends: readonly AgentEnd[];
  /** Errors of the functions. */
  readonly errors: Readonly<Partial<Record<'Scaler' | 'Reconciler' | 'Compactor', number>>>;
  readonly oldestSeconds: number;
  readonly deadLetters: number;
};

/** Two of five agents work, and as many tasks start and complete as arrive. */
export const CALM: Minute = {
  isTicking: true,
  seen: { queue: { inFlight: 2 }, agents: { ready: 3, busy: 2, idleSeconds: 10 } },
  attempts: [0, 1, 2].flatMap((): MeasuredAttempt[] => [
    { kind: 'started', queueWaitMs: 500 },
    { kind: 'completed', durationMs: 20_000 },
  ]),
  ends: [],
  errors: {},
  oldestSeconds: 20,
  deadLetters: 0,
};

/** What is different from a calm minute, by the number of minutes since it began. */
export type Situation = {
  readonly changes?: Partial<PoolInput>;
  readonly at: (minute: number) => Partial<Minute>;
};

export type PlayedAlarm = { readonly id: string; readonly properties: Readonly<Record<string, unknown>> };

/** The alarms of a stack, with their runbook's headings. A reference to a resource is its logical ID. */
export function alarmsOf(template: Template): readonly PlayedAlarm[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => ({
    id: /operations\.md, (\w+)\.$/.exec(Properties.AlarmDescription)?.[1] ?? '',
    properties: JSON.parse(
      JSON.stringify(Properties, (_, value) => value?.Ref ?? value?.['Fn::GetAtt']?.[0] ?? value),
    ),
  }));
}

/** How long a pool is calm before a situation begins. */
const CALM_MINUTES = 60;
const MINUTE_MS = 60_000;
const START_MS = NOW_MS;
const BEGINS_MS = START_MS + CALM_MINUTES * MINUTE_MS;

/** Plays a pool tick by tick, emits what production code emits, and evaluates the stack's alarms on it. */
export function playedPool(input: Partial<PoolInput>, alarms: readonly PlayedAlarm[], situation: Situation) {
  const config = pool({ ...input, ...situation.changes });
  const metrics = metricStore();
  let state: PoolState = { ...INITIAL_STATE, desired: 5 };
  let nextMs = START_MS;

  function emit(measurements: readonly Measurement[], atMs: number): void {
    for (const { name: metric, value } of measurements)
      metrics.add({
        namespace: NAMESPACE,
        metric,
        dimensions: { Stack: 'Agentpool', Pool: config.name },
        atMs,
        value,
      });
  }

  function tick(minute: Minute, atMs: number): void {
    const { seen, mode = AUTOMATIC, neighbours = [], unreadable } = minute;
    const read = observation(state.desired ?? 0, seen);
    const at = <T extends object>(reading: T) => ({ ...reading, atMs });
    const observed: Observation = {
      ...at(read),
      queue: at(read.queue),
      fleet: at(read.fleet),
      agents: at(read.agents),
      neighbours: { kind: 'known', value: neighbours, atMs },
      limits: { kind: 'known', value: [], atMs },
      ...(unreadable && { [unreadable]: unknown('AccessDenied') }),
    };
    const given = inputs(observed, { state, mode, config });
    const { memory, ...decided } = decide(given);
    emit(scalerMeasurements({ ...given, ...decided, outcome: { kind: 'nothing-to-do' } }), atMs);
    state = { ...memory, generation: 1, desired: decidedCount(decided.decision) ?? state.desired ?? 0 };
  }

  /** What AWS emits, by the dimensions in the stack's alarms. */
  function emitForAws({ errors, oldestSeconds, deadLetters }: Minute, atMs: number): void {
    const add = (namespace: string, metric: string, value: (resource: string) => number) => {
      for (const dimensions of dimensionsOf(alarms, metric))
        metrics.add({
          namespace,
          metric,
          dimensions,
          atMs,
          value: value(Object.values(dimensions)[0] as string),
        });
    };
    add('AWS/SQS', 'ApproximateAgeOfOldestMessage', () => oldestSeconds);
    add('AWS/SQS', 'ApproximateNumberOfMessagesVisible', () => deadLetters);
    const counts = Object.entries(errors);
    add('AWS/Lambda', 'Errors', (name) => counts.find(([of]) => name.includes(of))?.[1] ?? 0);
  }

  function play(untilMs: number): void {
    for (; nextMs < untilMs; nextMs += MINUTE_MS) {
      const since = (nextMs - BEGINS_MS) / MINUTE_MS;
      const minute = { ...CALM, ...(since >= 0 && situation.at(since)) };
      const halfwayMs = nextMs + MINUTE_MS / 2;
      emitForAws(minute, halfwayMs);
      for (const attempt of minute.attempts) emit(agentMeasurements(attempt), halfwayMs);
      for (const end of minute.ends) emit(reconcileMeasurements(end), halfwayMs);
      for (
        let atMs = nextMs;
        minute.isTicking && atMs < nextMs + MINUTE_MS;
        atMs += 1000 * config.tickSeconds
      )
        tick(minute, atMs);
    }
  }

  return {
    /** The alarms that are on after a number of minutes of the situation. */
    alarmsAfter(minutes: number): readonly string[] {
      const nowMs = BEGINS_MS + minutes * MINUTE_MS;
      play(nowMs);
      return alarms
        .filter(
          ({ id: name, properties }) =>
            evaluate({ name, properties }, metrics, { sinceMs: START_MS, nowMs }).state === 'alarm',
        )
        .map(({ id }) => id);
    },
  };
}

type Metric = { readonly MetricName: string; readonly Dimensions: { Name: string; Value: string }[] };
type Watched = Metric & {
  readonly Metrics?: readonly { readonly MetricStat: { readonly Metric: Metric } }[];
};

/** The dimensions with which alarms watch a metric. */
function dimensionsOf(alarms: readonly PlayedAlarm[], metric: string): Readonly<Record<string, string>>[] {
  return alarms
    .map(({ properties }) => properties as unknown as Watched)
    .map((watched) => watched.Metrics?.[0]?.MetricStat.Metric ?? watched)
    .filter(({ MetricName }) => MetricName === metric)
    .map(({ Dimensions }) => Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])));
}
