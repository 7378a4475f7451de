import type { HandlerTools } from '../../agent/handler.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { receivesOf } from '../../shared/core/pool/receives.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { tick } from '../../shared/runtime/tick.ts';
import type { TaskClient } from '../../shared/tasks/client.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';
import { DynamoRecords } from '../../sim/aws/dynamo-records.ts';
import { EcsService } from '../../sim/aws/ecs-service.ts';
import { type FaultSource, NO_FAULTS } from '../../sim/aws/faults.ts';
import { SqsQueue } from '../../sim/aws/sqs-queue.ts';
import { BILLED_AT_LEAST_SECONDS } from '../../sim/backtest/model.ts';
import { Engine, Process } from '../../sim/engine.ts';
import {
  clientOf,
  DIRECT,
  type Network,
  type Services,
  scalerPorts,
  startAgent,
} from '../../sim/production.ts';

export const STARTUP_SECONDS = 45;

/** A task to send. `payload` goes to the handler. */
export type Sent = { readonly atSeconds: number; readonly payload: unknown; readonly contextId?: string };

export type Handler = (
  task: { readonly id: string; readonly payload: unknown; readonly attempt: number },
  tools: {
    readonly sleep: (seconds: number) => Promise<void>;
    readonly now: () => number;
    readonly client: TaskClient;
    readonly acquire: HandlerTools['acquire'];
  },
) => Promise<void>;

export type LiveRun = {
  /** Seconds that each task which started has waited, in the order of their sending. */
  readonly waits: readonly number[];
  /** How each task ended, if it has. */
  readonly ends: readonly string[];
  /** When the last one did, or the run was over. */
  readonly endedAtSeconds: number;
  readonly decisions: readonly DecisionRecord[];
  readonly paidSeconds: number;
  /** ECS tasks that were ever started. */
  readonly launched: number;
};

/**
 * Production's worker, scaler and client over the simulated services, without faults. Runs until every task has ended,
 * or for `seconds` after the pool is ready.
 */
export async function runLive(
  config: PoolConfig,
  {
    sent,
    handler,
    seconds = 7_200,
    happens,
    faults = NO_FAULTS,
    network = DIRECT,
  }: {
    readonly sent: readonly Sent[];
    readonly handler: Handler;
    readonly seconds?: number;
    /** What happens to the service, and when. */
    readonly happens?: { readonly atSeconds: number; readonly what: (service: EcsService) => unknown };
    /** What SQS does, of what it may do. */
    readonly faults?: FaultSource;
    /** How agents reach the services. */
    readonly network?: Network;
  },
): Promise<LiveRun> {
  const engine = new Engine(1);
  const records = new DynamoRecords();
  const maxReceives = receivesOf(config);
  const queue = new SqsQueue(engine, { ordering: config.ordering, maxReceives, faults });
  const forget: (() => void)[] = [];
  const startedAt = new Map<string, number>();
  const service: EcsService = new EcsService(
    engine,
    {
      run(task, exited) {
        const process = new Process(engine, task.id, () => service.kill(task));
        const tools = {
          sleep: (each: number) => process.clock.sleep(1_000 * each),
          now: () => engine.nowMs,
          client,
        };
        const agent = startAgent(
          services,
          { process, network, task },
          {
            handler: async (given, _context, { acquire }) => {
              if (!startedAt.has(given.id)) startedAt.set(given.id, engine.seconds);
              await handler(given, { ...tools, acquire });
              return { result: null };
            },
            ended: exited,
          },
        );
        forget.push(agent.forget);
        return agent;
      },
      stopping: () => {},
      stopped: () => {},
    },
    // ECS takes some seconds to notice a new count as well.
    { desired: config.min, placementMs: [1_000 * STARTUP_SECONDS - 3_000, 1_000 * STARTUP_SECONDS - 2_000] },
  );
  const services: Services = {
    config,
    queue,
    records,
    service,
    contexts: memoryContexts(() => engine.nowMs),
  };
  const client = clientOf(services, { process: new Process(engine, 'client'), network: DIRECT });
  service.reconcileSoon();
  const isReady = () =>
    [...records.instances.values()].filter(({ status }) => status === 'ready').length === config.min;
  await engine.runUntil(600, isReady);
  const beganAt = engine.seconds;
  const paidBefore = service.agentSeconds();

  for (const [index, { atSeconds, ...task }] of sent.entries())
    engine.after(1_000 * atSeconds, () => void client.sendTask({ id: `t${index}`, ...task }));
  if (happens) engine.after(1_000 * happens.atSeconds, () => void happens.what(service));
  const decisions: DecisionRecord[] = [];
  const ports = scalerPorts(services, {
    process: new Process(engine, 'scaler'),
    network: DIRECT,
    telemetry: telemetryOf((record) => decisions.push(record)),
  });
  const isDone = () => {
    const tasks = [...records.tasks.values()];
    return (
      tasks.length >= sent.length && tasks.every(({ status }) => status === 'done' || status === 'failed')
    );
  };
  const tickOn = () => {
    if (isDone()) return;
    void tick(ports, config, 'scaler');
    engine.after(1_000 * config.tickSeconds, tickOn);
  };
  tickOn();
  await engine.runUntil(beganAt + seconds, isDone);
  const paidSeconds = service.tasks.reduce((sum, { createdAtMs, stoppedAtMs = engine.nowMs }) => {
    return sum + Math.max(BILLED_AT_LEAST_SECONDS, (stoppedAtMs - createdAtMs) / 1000);
  }, 0);
  for (const each of forget) each();
  const waits = sent.flatMap(({ atSeconds }, index) => {
    const at = startedAt.get(`t${index}`);
    return at === undefined ? [] : [at - beganAt - atSeconds];
  });
  const endedAtSeconds = engine.seconds - beganAt;
  const ends = sent.map((_, index) => records.tasks.get(`t${index}`)?.status ?? 'unknown');
  return {
    waits,
    ends,
    endedAtSeconds,
    decisions,
    launched: service.tasks.length,
    paidSeconds: paidSeconds - paidBefore - config.min * STARTUP_SECONDS,
  };
}

function telemetryOf(ticked: (record: DecisionRecord) => void): Telemetry {
  const fail = (_pool: string, error: unknown) => {
    throw error;
  };
  return {
    tick: ticked,
    tickFailed: fail,
    leaseTaken: () => {},
    settingsLeftOut: () => {},
    historyNotSaved: fail,
    reapFailed: fail,
  };
}

export const countOf = ({ decision }: DecisionRecord) => decidedCount(decision) ?? 0;
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A stream of numbers from 0 to 1 that is the same for the same seed. */
export function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
}

/** Poisson arrivals whose rate is given for each of a few stretches of ten minutes; exponential durations. */
export function poisson(
  perSecond: readonly number[],
  meanSeconds: number,
  seed: number,
): readonly { readonly atSeconds: number; readonly durationSeconds: number }[] {
  const chance = chanceOf(seed);
  const trace: { atSeconds: number; durationSeconds: number }[] = [];
  for (let at = -Math.log(chance()); ; at -= Math.log(chance()) / (perSecond[Math.floor(at / 600)] ?? 1)) {
    if (at >= 600 * perSecond.length) return trace;
    trace.push({ atSeconds: at, durationSeconds: -meanSeconds * Math.log(chance()) });
  }
}
