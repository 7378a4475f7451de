import { createShutdown, endOfUploads } from '../agent/agent.ts';
import type { AgentHandler } from '../agent/handler.ts';
import { agentLimits } from '../agent/limits/agent-limits.ts';
import type { AttemptOutcome } from '../agent/outcome.ts';
import { runAgent } from '../agent/worker.ts';
import type { Cached } from '../shared/contexts/cache.ts';
import { contexts } from '../shared/contexts/contexts.ts';
import { patterns } from '../shared/contexts/patterns.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { Protection } from '../shared/ports/protection.ts';
import type { Telemetry } from '../shared/ports/scaler-telemetry.ts';
import type { TickPorts } from '../shared/runtime/tick.ts';
import { type TaskClient, taskClient } from '../shared/tasks/client.ts';
import type { MemoryContexts } from './aws/context-stores.ts';
import type { DynamoRecords } from './aws/dynamo-records.ts';
import type { Container, EcsService, EcsTask } from './aws/ecs-service.ts';
import type { SqsQueue } from './aws/sqs-queue.ts';
import type { Process } from './engine.ts';

/** Production's own worker, scaler and client, in processes on virtual time, over the simulated services. */

/** The simulated services of one pool. */
export type Services = {
  readonly config: PoolConfig;
  readonly queue: SqsQueue;
  readonly records: DynamoRecords;
  readonly service: EcsService;
  readonly contexts: MemoryContexts;
};

/** How a process reaches services: at once, or over a network that loses calls. */
export type Network = (process: Process) => Reach;

/** Reaches a service by its port. Methods named `atOnce` are read page by page, and here in one go. */
export type Reach = <Port extends object>(service: string, port: Port, atOnce?: keyof Port) => Port;

/** A process that makes calls, and the network they go over. */
type Caller = { readonly process: Process; readonly network: Network };

/** A network without latency and faults. */
export const DIRECT: Network = () => (_service, port) => port;

export type AgentHooks = {
  readonly handler: AgentHandler;
  readonly protection?: (protection: Protection) => Protection;
  readonly started?: (taskId: string, queueWaitMs: number) => void;
  readonly attempted?: (taskId: string, outcome: AttemptOutcome) => void;
  /** It has ended by itself, for this reason. */
  readonly ended: (reason: string) => void;
};

/** Runs an agent in an ECS task. `forget` frees what a killed agent still waits for. */
export function startAgent(
  { config, queue, records, service, contexts: stored }: Services,
  { process, network, task }: Caller & { readonly task: EcsTask },
  { handler, protection = (its) => its, started = () => {}, attempted = () => {}, ended }: AgentHooks,
): Container & { forget(): void } {
  const shutdown = createShutdown();
  const cache = new Map<string, Cached>();
  const reach = network(process);
  const objects = reach('s3', stored.objects, 'list');
  const log = { info: () => {}, warn: () => {} };
  const known = patterns(config.name, { store: stored.patternStore, objects, nowMs: process.clock.now });
  runAgent({
    config,
    identity: { id: task.id, revision: task.revision, launchedAtMs: task.createdAtMs },
    shutdown,
    loadHandler: async () => handler,
    ports: {
      queue: reach(
        'sqs',
        queue.port(() => process.isAlive),
      ),
      store: reach('table', records.poolStore()),
      tasks: reach('table', records.taskStore()),
      contexts: contexts(config.name, {
        store: reach('table', stored.store),
        objects,
        clock: process.clock,
        patterns: known,
        ordering: config.ordering,
        cache: {
          get: async (id) => cache.get(id),
          set: async (id, cached) => void cache.set(id, cached),
        },
      }),
      objects,
      delegates: () => undefined,
      limits: agentLimits(config.limits, {
        store: reach('table', records.limitStore()),
        clock: process.clock,
        log,
      }),
      uploads: endOfUploads(shutdown, { clock: process.clock, ...config }),
      prefetch: known.current,
      protection: reach('ecs', protection(service.protection(task))),
      // Handlers in virtual time hold nothing up.
      load: { sample: () => ({ cpuShare: 0, memoryMiB: 0, eventLoopDelayMs: 0 }), isHeldUp: () => false },
      clock: process.clock,
      log,
      telemetry: {
        started: ({ id }, { queueWaitMs }) => {
          if (queueWaitMs !== undefined) started(id, queueWaitMs);
        },
        attempted: ({ id }, outcome) => attempted(id, outcome),
      },
    },
  }).then(
    (cause) => ended(cause),
    (error: Error) => ended(error.message),
  );
  return {
    sigterm: () => process.goOn(() => shutdown.request('SIGTERM')),
    kill: () => process.kill(),
    isFrozen: () => process.isFrozen,
    forget: () => {
      process.kill();
      shutdown.request('lost');
    },
  };
}

/** What the scaler reaches of a pool. */
export function scalerPorts(
  { queue, records, service }: Services,
  { process, network, telemetry }: Caller & { readonly telemetry: Telemetry },
): TickPorts {
  const reach = network(process);
  return {
    queue: reach(
      'sqs',
      queue.port(() => process.isAlive),
    ),
    store: reach('table', records.poolStore()),
    decisions: reach('table', records.decisionLog()),
    history: reach('table', records.poolHistory()),
    neighbours: { read: async () => [] },
    limits: reach('table', records.limitStore()),
    fleet: reach('ecs', service.fleet()),
    clock: process.clock,
    telemetry,
  };
}

/** What a sender of tasks reaches of a pool. */
export function clientOf(
  { config, queue, records, contexts: { objects } }: Services,
  { process, network }: Caller,
): TaskClient {
  const reach = network(process);
  return taskClient(config.name, {
    queue: reach(
      'sqs',
      queue.port(() => process.isAlive),
    ),
    tasks: reach('table', records.taskStore()),
    objects,
    clock: process.clock,
  });
}
