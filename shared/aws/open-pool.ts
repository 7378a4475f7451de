import type { ContextCache } from '../contexts/cache.ts';
import { contexts } from '../contexts/contexts.ts';
import { patterns } from '../contexts/patterns.ts';
import { contextVersions } from '../contexts/versions.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { Telemetry } from '../ports/scaler-telemetry.ts';
import type { ScaledPool } from '../runtime/scale-pools.ts';
import type { PoolAddress } from '../tasks/address.ts';
import type { TaskClient } from '../tasks/client.ts';
import { dynamoClient, ecsClient, s3Client, sqsClient, ssmClient } from './clients.ts';
import { systemClock } from './clock.ts';
import { deadLetters } from './dead-letters.ts';
import { dynamoCompaction } from './dynamo-compaction.ts';
import { dynamoContextTasks } from './dynamo-context-tasks.ts';
import { dynamoContexts, dynamoPatterns } from './dynamo-contexts.ts';
import { dynamoDecisions } from './dynamo-decisions.ts';
import { dynamoHistory } from './dynamo-history.ts';
import { dynamoLimitStore } from './dynamo-limit-store.ts';
import { dynamoNeighbours } from './dynamo-neighbours.ts';
import { dynamoOverrides } from './dynamo-overrides.ts';
import { dynamoPoolStore } from './dynamo-pool-store.ts';
import { dynamoTaskStore } from './dynamo-task-store.ts';
import { ecsFleet } from './ecs-fleet.ts';
import { taskCreatedAtMs } from './ecs-task.ts';
import { openForSending } from './open-for-sending.ts';
import { s3Objects } from './s3-objects.ts';
import { sqsQueue } from './sqs-queue.ts';
import { type DescribedPool, readPoolDirectory } from './ssm-pool-directory.ts';
import type { StackOutputs } from './stack-outputs.ts';

/**
 * All of the project's wiring to AWS. Each function opens what one kind of process needs of a pool or a stack, with the
 * credentials, the region and the endpoints of the environment. A bundle includes only what its opener uses.
 */

/** Where a pool's records and contexts are. */
type ContextAddress = Pick<PoolAddress, 'pool' | 'tableName' | 'bucketName'>;

/** For reading and writing contexts. */
export function openContexts(
  { pool, tableName, bucketName }: ContextAddress,
  {
    uploads,
    ...options
  }: {
    readonly cache?: ContextCache;
    readonly ordering?: PoolConfig['ordering'];
    readonly keepDays?: number | null;
    readonly uploads?: AbortSignal;
  } = {},
) {
  const table = { dynamo: dynamoClient(), table: tableName };
  const objects = s3Objects(s3Client(), bucketName, uploads);
  const patternStore = dynamoPatterns(table, pool);
  const store = dynamoContexts(table, pool, systemClock);
  const known = patterns(pool, { store: patternStore, objects, nowMs: systemClock.now });
  return {
    table,
    objects,
    store,
    patternStore,
    patterns: known,
    clock: systemClock,
    contexts: contexts(pool, { store, objects, clock: systemClock, patterns: known, ...options }),
  };
}

/** For the compactor. */
export function openForCompacting(address: ContextAddress) {
  const { table, ...ports } = openContexts(address);
  return { ...ports, compactions: dynamoCompaction(table, address.pool) };
}

/** For an agent: everything except its log, its metrics and its protection, which belong to its ECS task. */
export function openForAgent(
  config: PoolConfig,
  address: Omit<PoolAddress, 'pool'> & { readonly deadLetterQueueUrl: string },
  { cache, uploads }: { readonly cache: ContextCache; readonly uploads: AbortSignal },
) {
  const pool = config.name;
  const { ordering, contextDays: keepDays = null } = config;
  const {
    table,
    objects,
    contexts: opened,
    patterns: known,
  } = openContexts({ pool, ...address }, { cache, ordering, keepDays, uploads });
  return {
    queue: sqsQueue(sqsClient(), address),
    store: dynamoPoolStore(table, pool),
    tasks: dynamoTaskStore(table, pool),
    limitStore: dynamoLimitStore(table),
    contexts: opened,
    objects,
    uploads,
    prefetch: known.current,
    clock: systemClock,
  };
}

/** For an agent: clients of the pools that its pool delegates to, each opened when it's first used. */
export function openDelegates(
  addresses: Readonly<Record<string, PoolAddress>>,
): (pool: string) => TaskClient | undefined {
  const opened = new Map<string, TaskClient>();
  return (pool) => {
    const address = Object.hasOwn(addresses, pool) ? addresses[pool] : undefined;
    if (address === undefined) return undefined;
    const client = opened.get(pool) ?? openForSending(address);
    opened.set(pool, client);
    return client;
  };
}

/** For an agent: when ECS accepted its task. */
export function readCreation(cluster: string, id: string): Promise<number> {
  return taskCreatedAtMs(ecsClient(), { cluster, id });
}

/** For the scaler: every pool of a stack, with one client per service. */
export function openForScaling(
  {
    table,
    cluster,
    pools,
  }: { readonly table: string; readonly cluster: string; readonly pools: readonly DescribedPool[] },
  telemetry: Telemetry,
): readonly ScaledPool[] {
  const sqs = sqsClient();
  const ecs = ecsClient();
  const place = { dynamo: dynamoClient(), table };
  const configs = pools.map(({ config }) => config);
  return pools.map(({ config, queueUrl, service }) => ({
    config,
    ports: {
      queue: sqsQueue(sqs, { queueUrl }),
      store: dynamoPoolStore(place, config.name),
      decisions: dynamoDecisions(place, config.name),
      history: dynamoHistory(place, config.name, systemClock),
      neighbours: dynamoNeighbours(place, config, configs),
      limits: dynamoLimitStore(place),
      fleet: ecsFleet(ecs, { cluster, service }),
      clock: systemClock,
      telemetry,
    },
  }));
}

/** For the functions: the pools of their stack, as they are now. */
export function openPoolDirectory(path: string): () => ReturnType<typeof readPoolDirectory> {
  const ssm = ssmClient();
  return () => readPoolDirectory(ssm, path);
}

/** For the reconciler: the agents' records of any pool in a table, and its tasks with their queue. */
export function openForReconciling(table: string) {
  const place = { dynamo: dynamoClient(), table };
  const sqs = sqsClient();
  return {
    records: (pool: string) => dynamoPoolStore(place, pool),
    tasks: (pool: string, queueUrl: string) => ({
      tasks: dynamoTaskStore(place, pool),
      queue: sqsQueue(sqs, { queueUrl }),
      clock: systemClock,
    }),
  };
}

/** For operators, the console and tests: everything in one pool of a stack. @throws Error for an unknown pool. */
export function openPool(
  { clusterName, tableName, bucketName, scalerName: scaler, pools }: StackOutputs,
  name: string,
) {
  const pool = pools.find((candidate) => candidate.name === name);
  if (!pool) throw new Error(`unknown pool "${name}" (pools: ${pools.map((each) => each.name).join(', ')})`);
  const {
    table,
    objects,
    store: contextStore,
    patterns: known,
    contexts: opened,
  } = openContexts({
    pool: name,
    tableName,
    bucketName,
  });
  const sqs = sqsClient();
  return {
    pool,
    table,
    queue: sqsQueue(sqs, pool),
    /** Approximate number of messages in the dead-letter queue. */
    deadLetterCount: async () =>
      (await sqsQueue(sqs, { queueUrl: pool.deadLetterQueueUrl }).counts()).visible,
    objects,
    tasks: dynamoTaskStore(table, name),
    store: dynamoPoolStore(table, name),
    decisions: dynamoDecisions(table, name),
    overrides: dynamoOverrides(table, name),
    history: dynamoHistory(table, name, systemClock),
    deadLetters: deadLetters({
      ...table,
      ...pool,
      sqs,
      pool: name,
      clock: systemClock,
      tasks: dynamoTaskStore(table, name),
    }),
    versions: contextVersions({ pool: name, store: contextStore, objects, patterns: known }),
    fleet: ecsFleet(ecsClient(), { cluster: clusterName, service: pool.service }),
    contextStore,
    compactions: dynamoCompaction(table, name),
    contextTasks: dynamoContextTasks(table, name),
    contexts: opened,
    client: openForSending({ pool: name, queueUrl: pool.queueUrl, tableName, bucketName, scaler }),
  };
}

export type OpenPool = ReturnType<typeof openPool>;
