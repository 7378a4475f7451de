import type { Mutation } from './mutation.ts';

/** Where an imitation of AWS could be too kind: the contracts find each. */
const LENIENCIES: readonly Mutation[] = [
  {
    name: 'the simulated table takes numbers that DynamoDB does not',
    isQuick: true,
    file: 'sim/aws/limits.ts',
    of: 'if (magnitude !== 0 && magnitude < LEAST_NUMBER)',
    to: 'if (magnitude < 0)',
  },
  {
    name: 'the simulated table takes items of any size',
    file: 'sim/aws/limits.ts',
    of: 'if (bytes > ITEM_BYTES)',
    to: 'if (bytes > 100 * ITEM_BYTES)',
  },
  {
    name: 'the simulated queue takes any character in a body',
    file: 'sim/aws/limits.ts',
    of: 'if (REFUSED_CHARACTERS.test(body))',
    to: 'if (REFUSED_CHARACTERS.test(body) && body.length > MESSAGE_BYTES)',
  },
  {
    name: 'the simulated queue takes batches of any size',
    file: 'sim/aws/limits.ts',
    of: 'if (count > BATCH)',
    to: 'if (count > 100 * BATCH)',
  },
  {
    name: 'the simulated queue hands out any number of messages',
    file: 'sim/aws/limits.ts',
    of: 'if (!Number.isInteger(atMost) || atMost < 1 || atMost > BATCH)',
    to: 'if (!Number.isInteger(atMost))',
  },
  {
    name: 'the simulated table takes back a drain for which the count was lowered',
    file: 'sim/aws/dynamo-records.ts',
    of: "        if (unless !== undefined && existing[unless] !== undefined) return { kind: 'refused' };\n",
    to: '',
  },
  {
    name: 'the simulated queue takes any group',
    file: 'sim/aws/limits.ts',
    of: 'if (id !== undefined && !GROUP_ID.test(id))',
    to: "if (id === '' && !GROUP_ID.test(id))",
  },
  {
    name: 'the simulated queue hides a message for more than twelve hours in all',
    file: 'sim/aws/limits.ts',
    of: 'if (heldMs + 1000 * seconds > 1000 * VISIBILITY_SECONDS)',
    to: 'if (heldMs < 0)',
  },
  {
    name: 'the simulated queue deduplicates for ever',
    file: 'sim/aws/sqs-queue.ts',
    of: 'nowMs - before < DEDUPLICATION_MS',
    to: 'nowMs >= before',
  },
  {
    name: 'the simulated queue never moves a message by itself',
    file: 'sim/aws/sqs-queue.ts',
    of: 'if (message.receipts < this.maxReceives) next.push(message);',
    to: 'if (message.receipts >= 0) next.push(message);',
  },
  {
    name: 'the simulated queue keeps messages for ever',
    file: 'sim/aws/sqs-queue.ts',
    of: 'nowMs - message.sentAtMs >= this.retentionMs',
    to: 'nowMs < message.sentAtMs',
  },
  {
    name: 'the simulated queue hands out a group out of order',
    isQuick: true,
    file: 'sim/aws/sqs-queue.ts',
    of: '      if (this.isOrdered) blocked.add(message.groupId);\n',
    to: '',
  },
  {
    name: 'the simulated table lets an overtaken scaler write',
    file: 'sim/aws/dynamo-records.ts',
    of: '        if (fence !== this.lease.fence) return false;\n',
    to: '',
  },
  {
    name: 'the simulated service protects every task',
    file: 'sim/aws/ecs-service.ts',
    of: 'if (task.protectedUntilMs <= nowMs && others.length >= this.desired) return false;',
    to: '',
  },
];

/** What could be wrong with an adapter: the contracts find each. */
const FAULTS: readonly Mutation[] = [
  {
    name: 'a cancelled task fails after all',
    file: 'shared/aws/dynamo-task-store.ts',
    of: '(#status <> :done AND attribute_not_exists(cancelled))',
    to: '#status <> :done',
  },
  {
    name: 'a start that is written twice counts as two attempts',
    file: 'shared/aws/dynamo-task-store.ts',
    of: "'(attribute_not_exists(deliveryId) OR deliveryId <> :deliveryId)'",
    to: "'(attribute_not_exists(deliveryId) OR deliveryId <> :deliveryId OR deliveryId = :deliveryId)'",
  },
  {
    name: 'a reason goes to the dead-letter queue as it is',
    isQuick: true,
    file: 'shared/aws/sqs-queue.ts',
    of: 'cleanText(reason, REASON_CHARACTERS)',
    to: 'reason.slice(0, REASON_CHARACTERS)',
  },
  {
    name: 'a negative duration is packed as it is',
    file: 'shared/aws/minutes-codec.ts',
    of: 'Math.max(0, Math.round(bucket[field]))',
    to: 'Math.round(bucket[field])',
  },
  {
    name: 'the state is saved whatever the fence',
    file: 'shared/aws/dynamo-pool-store.ts',
    of: "ConditionExpression: 'fence = :fence',",
    to: "ConditionExpression: 'fence = :fence OR fence <> :fence',",
  },
  {
    name: 'an agent goes from any status to any other',
    file: 'shared/aws/dynamo-pool-store.ts',
    of: 'const isAllowed = statusIn(from);',
    to: "const isAllowed = statusIn([...from, 'starting', 'draining']);",
  },
  {
    name: 'a drain counts as a sign of life',
    file: 'shared/aws/dynamo-pool-store.ts',
    of: '...(!BY_OTHERS.includes(event) && { heartbeatAtMs: nowMs }),',
    to: "...(event !== 'lose' && { heartbeatAtMs: nowMs }),",
  },
  {
    name: 'a drain is taken back although the count was lowered for it',
    isQuick: true,
    file: 'shared/aws/dynamo-pool-store.ts',
    of: "const isWithout = unless === undefined ? ''",
    to: "const isWithout = unless !== 'problem' ? ''",
  },
  {
    name: 'a task is cancelled on an agent that does not have it',
    file: 'shared/aws/dynamo-pool-store.ts',
    of: "ConditionExpression: 'attribute_exists(tasks.#taskId)',",
    to: "ConditionExpression: 'attribute_exists(tasks.#taskId) OR attribute_exists(tasks)',",
  },
  {
    name: 'a second cancellation replaces the first',
    file: 'shared/aws/dynamo-pool-store.ts',
    of: "UpdateExpression: 'ADD cancelledTasks :taskIds',",
    to: "UpdateExpression: 'SET cancelledTasks = :taskIds',",
  },
  {
    name: 'a message that was not extended counts as extended',
    file: 'shared/aws/sqs-queue.ts',
    of: 'const { Failed = [] } = await sqs.send(',
    to: 'const { Successful: Failed = [] as { Id?: string; Code?: string; Message?: string }[] } = await sqs.send(',
  },
  {
    name: 'a busy agent can be drained as if it were idle',
    file: 'shared/core/pool/status.ts',
    of: "drain: { from: ['ready', 'draining'], to: 'draining' },",
    to: "drain: { from: ['ready', 'draining', 'busy'], to: 'draining' },",
  },
  {
    name: 'a drained agent can claim a task',
    file: 'shared/core/pool/status.ts',
    of: "claim: { from: ['ready', 'cooldown', 'busy'], to: 'busy' },",
    to: "claim: { from: ['ready', 'cooldown', 'busy', 'draining'], to: 'busy' },",
  },
  {
    name: 'an attempt that was superseded completes',
    file: 'shared/aws/dynamo-task-store.ts',
    of: "const isThisAttempt = 'attempts = :attempt';",
    to: "const isThisAttempt = 'attempts >= :attempt';",
  },
  {
    name: 'a head moves on from another version than it was made from',
    file: 'shared/aws/dynamo-contexts.ts',
    of: "'version = :before AND #hash = :parent'",
    to: "'version = :before AND (#hash = :parent OR #hash <> :parent)'",
  },
  {
    name: 'a first version replaces a context that has not ended',
    file: 'shared/aws/dynamo-contexts.ts',
    of: "'attribute_not_exists(version) OR expiresAt < :now'",
    to: "'attribute_not_exists(version) OR expiresAt > :now'",
  },
  {
    name: 'settings overwrite what another operator has set since',
    file: 'shared/aws/dynamo-overrides.ts',
    of: "condition: '#settings.#atMs = :before'",
    to: "condition: '#settings.#atMs = :before OR attribute_exists(#settings)'",
    and: {
      of: "condition: 'attribute_not_exists(#settings)'",
      to: "condition: 'attribute_not_exists(#settings) OR attribute_exists(#settings)'",
    },
  },
  {
    name: 'an object of any size is read',
    file: 'shared/aws/s3-objects.ts',
    of: 'if (bytes === undefined || bytes > maxBytes)',
    to: 'if (bytes === undefined)',
  },
  {
    name: 'the log of decisions ends with its first page',
    file: 'shared/aws/dynamo-decisions.ts',
    of: '        start = page.LastEvaluatedKey;',
    to: '        start = limit > 64 ? undefined : page.LastEvaluatedKey;',
  },
];

export const BEHIND_THE_CONTRACTS: readonly Mutation[] = [...LENIENCIES, ...FAULTS];
