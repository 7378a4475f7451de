import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { startEmulators } from '../../local/emulators.ts';
import { awsEnvironment } from '../../local/stack.ts';
import { dynamoClient, s3Client, sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoDecisions } from '../../shared/aws/dynamo-decisions.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoLimitStore } from '../../shared/aws/dynamo-limit-store.ts';
import { dynamoNeighbours } from '../../shared/aws/dynamo-neighbours.ts';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import { dynamoTaskStore } from '../../shared/aws/dynamo-task-store.ts';
import { OPEN_INDEX } from '../../shared/aws/keys.ts';
import { openContexts } from '../../shared/aws/open-pool.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { ContextStore } from '../../shared/ports/context-store.ts';
import type { DecisionLog } from '../../shared/ports/decision-log.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import type { Neighbours } from '../../shared/ports/neighbours.ts';
import type { ObjectStore } from '../../shared/ports/object-store.ts';
import type { OverrideStore } from '../../shared/ports/override-store.ts';
import type { PatternStore } from '../../shared/ports/pattern-store.ts';
import type { HistoryReader, PoolHistory } from '../../shared/ports/pool-history.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import type { TaskQueue } from '../../shared/ports/task-queue.ts';
import type { TaskStore } from '../../shared/ports/task-store.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';
import { DynamoRecords } from '../../sim/aws/dynamo-records.ts';
import { SqsQueue } from '../../sim/aws/sqs-queue.ts';
import { Engine } from '../../sim/engine.ts';

/** Every port of one pool, wherever it leads. */
export type Ports = {
  readonly queue: TaskQueue;
  readonly store: PoolStore;
  readonly decisions: DecisionLog;
  readonly tasks: TaskStore;
  readonly overrides: OverrideStore;
  readonly history: PoolHistory & HistoryReader;
  readonly contexts: ContextStore;
  readonly objects: ObjectStore;
  readonly patterns: PatternStore;
  /** Of all pools in the same table. */
  readonly limits: LimitStore;
  /** The records of another pool in the same table. */
  storeOf(pool: string): PoolStore;
  neighboursOf(config: PoolConfig, others: readonly PoolConfig[]): Neighbours;
  /** Reasons in the dead-letter queue. */
  deadLetters(): Promise<readonly (string | undefined)[]>;
};

export type Place = {
  readonly ports: Ports;
  /** Waits for a call; on virtual time, lets as much pass as it takes. */
  call<T>(made: Promise<T>): Promise<T>;
  /** Lets time pass. Undefined where it cannot be made to. */
  readonly pass?: (seconds: number) => Promise<void>;
};

type Changes = { readonly ordering?: 'fifo' | 'none' };

/** Where a contract has to hold: the simulated services, and the adapters on the emulators. */
export const PLACES: readonly (readonly [string, () => Promise<Services>])[] = [
  ['sim/aws', async () => ({ open: async (changes) => simulated(changes), close: async () => {} })],
  ['shared/aws on the emulators', startEmulated],
];

/** What a test file starts once; each test opens a pool of its own in it. */
export type Services = { open(changes?: Changes): Promise<Place>; close(): Promise<void> };

export function simulated({ ordering = 'fifo' }: Changes = {}): Required<Place> {
  const engine = new Engine(1);
  const queue = new SqsQueue(engine, { ordering });
  const records = new DynamoRecords();
  const contexts = memoryContexts(() => engine.nowMs);
  const others = new Map<string, DynamoRecords>();
  return {
    ports: {
      queue: queue.port(),
      store: records.poolStore(),
      decisions: records.decisionLog(),
      tasks: records.taskStore(),
      overrides: records.overrideStore(),
      history: records.poolHistory(),
      contexts: contexts.store,
      objects: contexts.objects,
      patterns: contexts.patternStore,
      limits: records.limitStore(),
      neighboursOf: (config, pools) => DynamoRecords.neighbours(config, pools, others),
      storeOf(name) {
        const other = others.get(name) ?? new DynamoRecords();
        others.set(name, other);
        return other.poolStore();
      },
      deadLetters: async () => queue.dead.map(({ reason }) => reason),
    },
    async call(made) {
      let isOver = false;
      made
        .finally(() => {
          isOver = true;
        })
        .catch(() => {});
      for (;;) {
        // Whatever follows from the latest event without time passing.
        await new Promise((resolve) => setImmediate(resolve));
        if (isOver) return made;
        let isDone = false;
        await engine.runUntil(Number.POSITIVE_INFINITY, () => {
          const was = isDone;
          isDone = true;
          return was;
        });
      }
    },
    async pass(seconds) {
      const untilMs = engine.nowMs + seconds * 1000;
      engine.after(seconds * 1000, () => {});
      await engine.runUntil(Number.POSITIVE_INFINITY, () => engine.nowMs >= untilMs);
    },
  };
}

let opened = 0;

/** Emulators with a pool of its own for each place, without ECS. */
async function startEmulated() {
  const emulators = await startEmulators();
  Object.assign(
    process.env,
    awsEnvironment({ sqs: emulators.sqsAndS3, s3: emulators.sqsAndS3, dynamodb: emulators.dynamo }),
  );
  const [sqs, s3, dynamo] = [sqsClient(), s3Client(), dynamoClient()];
  const [table, bucket] = ['contracts', 'contracts'];
  await dynamo.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [
        ...['pk', 'sk', OPEN_INDEX.partition].map((name) => ({
          AttributeName: name,
          AttributeType: 'S' as const,
        })),
        { AttributeName: OPEN_INDEX.sort, AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: OPEN_INDEX.name,
          KeySchema: [
            { AttributeName: OPEN_INDEX.partition, KeyType: 'HASH' },
            { AttributeName: OPEN_INDEX.sort, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    async open({ ordering = 'fifo' }: Changes = {}): Promise<Place> {
      opened += 1;
      const pool = `pool-${opened}`;
      const queueNamed = async (name: string) => {
        const suffix = ordering === 'fifo' ? '.fifo' : '';
        // As the stack has it.
        const fifo = { FifoQueue: 'true', DeduplicationScope: 'messageGroup' };
        const Attributes = ordering === 'fifo' ? fifo : {};
        const { QueueUrl = '' } = await sqs.send(
          new CreateQueueCommand({ QueueName: `${name}${suffix}`, Attributes }),
        );
        return QueueUrl;
      };
      const deadLetterQueueUrl = await queueNamed(`${pool}-dead`);
      const queueUrl = await queueNamed(pool);
      const place = { dynamo, table };
      const {
        store: contexts,
        patternStore,
        objects,
      } = openContexts({ pool, tableName: table, bucketName: bucket });
      return {
        ports: {
          queue: sqsQueue(sqs, { queueUrl, deadLetterQueueUrl }),
          store: dynamoPoolStore(place, pool),
          decisions: dynamoDecisions(place, pool),
          tasks: dynamoTaskStore(place, pool),
          overrides: dynamoOverrides(place, pool),
          history: dynamoHistory(place, pool, systemClock),
          contexts,
          objects,
          patterns: patternStore,
          limits: dynamoLimitStore(place),
          neighboursOf: (config, pools) => dynamoNeighbours(place, config, pools),
          storeOf: (name) => dynamoPoolStore(place, name),
          async deadLetters() {
            const { Messages = [] } = await sqs.send(
              new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageAttributeNames: ['All'] }),
            );
            return Messages.map(({ MessageAttributes }) => MessageAttributes?.['reason']?.StringValue);
          },
        },
        call: (made) => made,
      };
    },
    close: () => emulators.close(),
  };
}
