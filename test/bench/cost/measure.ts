import { Logger } from '@aws-lambda-powertools/logger';
import { createShutdown } from '../../../agent/agent.ts';
import echo from '../../../agent/handlers/echo.ts';
import { agentLimits } from '../../../agent/limits/agent-limits.ts';
import { processLoad } from '../../../agent/process-load.ts';
import { powertoolsTelemetry as agentTelemetry } from '../../../agent/telemetry.ts';
import { runAgent } from '../../../agent/worker.ts';
import { powertoolsTelemetry as scalerTelemetry } from '../../../functions/scale/telemetry.ts';
import { systemClock } from '../../../shared/aws/clock.ts';
import { dynamoContexts } from '../../../shared/aws/dynamo-contexts.ts';
import { dynamoDecisions } from '../../../shared/aws/dynamo-decisions.ts';
import { dynamoHistory } from '../../../shared/aws/dynamo-history.ts';
import { dynamoLimitStore } from '../../../shared/aws/dynamo-limit-store.ts';
import { dynamoPoolStore } from '../../../shared/aws/dynamo-pool-store.ts';
import { dynamoTaskStore } from '../../../shared/aws/dynamo-task-store.ts';
import { emitMetrics } from '../../../shared/aws/emit-metrics.ts';
import type { OpenPool } from '../../../shared/aws/open-pool.ts';
import { packJson } from '../../../shared/aws/packed-json.ts';
import { contexts } from '../../../shared/contexts/contexts.ts';
import { listedContexts } from '../../../shared/contexts/listed-contexts.ts';
import { type TickPorts, tick } from '../../../shared/runtime/tick.ts';
import { instance, pool } from '../../unit/build.ts';
import { countingDynamo, type countingLog, type Units } from './usage.ts';

type Pool = OpenPool;
type Log = ReturnType<typeof countingLog>;

export type TickUsage = Units & { readonly logBytes: number; readonly recordBytes: number };

/** What one tick of a pool with a number of idle agents uses. */
export async function measureTick(deployed: Pool, log: Log, agents: number): Promise<TickUsage> {
  const config = pool({ name: `tick-${agents}`, min: agents, max: 10 });
  const { dynamo, take } = countingDynamo();
  const table = { ...deployed.table, dynamo };
  const ports: TickPorts = {
    queue: { ...deployed.queue, counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }) },
    store: dynamoPoolStore(table, config.name),
    decisions: dynamoDecisions(table, config.name),
    history: dynamoHistory(table, config.name, systemClock),
    neighbours: { read: async () => [] },
    limits: { read: async () => new Map() },
    fleet: {
      read: async () => ({ desired: agents, running: agents, pending: 0, revision: 'agents:1' }),
      setDesiredCount: async () => {},
      unprotect: async () => [],
      tasks: async () => [],
      stop: async () => {},
    },
    clock: systemClock,
    telemetry: scalerTelemetry(new Logger({ serviceName: 'scale' }), emitMetrics('scale', 'Agentpool')),
  };
  const nowMs = Date.now();
  for (let index = 0; index < agents; index++) {
    await ports.store.register(
      instance({
        pool: config.name,
        id: `${index}`.padStart(32, '0'),
        status: 'starting',
        launchedAtMs: nowMs,
        heartbeatAtMs: nowMs,
      }),
    );
  }
  // The forecaster's memory fills up, and the history is read.
  for (let warmUp = 0; warmUp < 60; warmUp++) await tick(ports, config, 'cost');
  take();
  log.take();
  const ticked = await tick(ports, config, 'cost');
  // A run ends with the tick of an idle pool. Otherwise it goes on for a minute.
  if (agents === 0 && ticked.kind === 'ticked') await ports.store.releaseLease(ticked.lease);
  const recordBytes = ticked.kind === 'ticked' ? packJson(ticked.record).length : 0;
  return { ...take(), logBytes: log.take(), recordBytes };
}

export type TurnUsage = Units & { readonly queueCalls: number; readonly logBytes: number };

const TURNS = 40;

/** What a turn of a conversation uses of DynamoDB, SQS and the log: sending it, working on it, reading its result. */
export async function measureTurn(deployed: Pool, log: Log): Promise<TurnUsage> {
  const { dynamo, take } = countingDynamo();
  const table = { ...deployed.table, dynamo };
  const name = deployed.pool.name;
  const calls = countingCalls(deployed.queue);
  const shutdown = createShutdown();
  const ended = runAgent({
    config: pool({ name, pollSeconds: 1 }),
    identity: { id: '0'.repeat(32), revision: 'agents:1', launchedAtMs: Date.now() },
    loadHandler: async () => echo,
    shutdown,
    ports: {
      queue: calls.counted,
      store: dynamoPoolStore(table, name),
      tasks: dynamoTaskStore(table, name),
      contexts: contexts(name, {
        store: dynamoContexts(table, name, systemClock),
        objects: deployed.objects,
        clock: systemClock,
      }),
      objects: deployed.objects,
      uploads: shutdown.interrupt,
      delegates: () => undefined,
      limits: agentLimits([], {
        store: dynamoLimitStore(table),
        clock: systemClock,
        log: { warn: () => {} },
      }),
      prefetch: async () => {},
      load: processLoad(256),
      protection: { protect: async () => true, release: async () => {} },
      clock: systemClock,
      log: { info: () => {}, warn: () => {} },
      telemetry: agentTelemetry(
        new Logger({ serviceName: 'agent' }),
        emitMetrics('agent', 'Agentpool'),
        name,
      ),
    },
  });
  const turn = async (index: number) => {
    const payload = { question: 'Where is my order?' };
    await deployed.client.waitForTask(
      await deployed.client.sendTask({ contextId: `c-${index % 4}`, payload }),
      20_000,
    );
  };
  for (let index = 0; index < 4; index++) await turn(index);
  take();
  calls.take();
  log.take();
  for (let index = 0; index < TURNS; index++) await turn(index);
  const { writes, reads } = take();
  const [queueCalls, logBytes] = [calls.take(), log.take()];
  shutdown.request('SIGTERM');
  await ended;
  // The client writes the task's record and sends its message, and reads the record once at least.
  return {
    writes: writes / TURNS + 1,
    reads: reads / TURNS + 1,
    queueCalls: queueCalls / TURNS + 1,
    logBytes: logBytes / TURNS,
  };
}

/** What a visit of the compactor uses: read units of DynamoDB, and the objects that S3 lists for it. */
export type VisitUsage = { readonly reads: number; readonly objects: number };

export async function measureVisit(deployed: Pool): Promise<VisitUsage> {
  const { dynamo, take } = countingDynamo();
  const { name } = deployed.pool;
  const store = dynamoContexts({ ...deployed.table, dynamo }, name, systemClock);
  const listed = await Array.fromAsync(listedContexts(deployed.objects, name));
  for (const { contextId } of listed) await store.parts(contextId);
  const objects = listed.reduce((sum, context) => sum + context.objects.length, 0);
  return { reads: take().reads / listed.length, objects: objects / listed.length };
}

function countingCalls<Queue extends object>(queue: Queue): { readonly counted: Queue; take(): number } {
  let calls = 0;
  const counted = Object.fromEntries(
    Object.entries(queue).map(([name, call]) => [
      name,
      (...args: readonly unknown[]) => {
        calls += 1;
        return (call as (...given: readonly unknown[]) => unknown)(...args);
      },
    ]),
  ) as Queue;
  return {
    counted,
    take() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}
