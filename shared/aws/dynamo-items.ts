import * as z from 'zod';
import { DECISION_VERSION, type DecisionRecord } from '../core/decision-record.ts';
import { decodeState } from '../core/forecast/codec.ts';
import type { ForecastState } from '../core/forecast/signals.ts';
import type { AgentInstance } from '../core/pool/agent-instance.ts';
import type { Settings } from '../core/pool/settings.ts';
import { AUTOMATIC, type Lease, type Mode, type PoolState } from '../core/pool/state.ts';
import { isLive, STATUSES, type Status } from '../core/pool/status.ts';
import type { LoggedDecision } from '../ports/decision-log.ts';
import { storedValueSchema } from '../tasks/envelope.ts';
import { MAX_VALUE_BYTES } from '../tasks/values.ts';
import { problemsOf, withNewNames } from './dynamo-item-names.ts';
import type { Item } from './dynamo-table.ts';
import { AGENT_PREFIX, PAGE_PREFIX, PARTITIONS } from './keys.ts';
import { unpackMinutes } from './minutes-codec.ts';
import { unpackJson } from './packed-json.ts';

/**
 * The shapes of the table's items, and how to parse them. Unknown attributes, which a newer version may add, are
 * ignored. A missing field or one of the wrong type makes an item unreadable.
 */
const ms = z.number();

/** What a pool's partition of agents has behind the pool's name. */
const AGENTS_SUFFIX = PARTITIONS.agents('').slice(PARTITIONS.pool('').length);

const agentItem = z.object({
  pk: z.string().startsWith(PARTITIONS.pool('')).endsWith(AGENTS_SUFFIX),
  sk: z.string().startsWith(AGENT_PREFIX),
  revision: z.string(),
  status: z.enum(STATUSES),
  statusSinceMs: ms,
  launchedAtMs: ms,
  readyAtMs: ms.optional(),
  heartbeatAtMs: ms,
  lastUsedAtMs: ms.optional(),
  slots: z.number().default(1),
  tasks: z.record(z.string(), ms).default({}),
  cancelledTasks: z
    .set(z.string())
    .transform((ids) => [...ids])
    .optional(),
  contextBytes: z.number(),
  warmContexts: z.array(z.string()),
  minutes: z.instanceof(Uint8Array).transform((bytes, { addIssue }) => {
    try {
      return unpackMinutes(bytes);
    } catch (error) {
      addIssue((error as Error).message);
      return z.NEVER;
    }
  }),
  drainGeneration: z.number().optional(),
  unprotected: z.boolean().optional(),
  problem: z.string().optional(),
  notReceivingSinceMs: ms.optional(),
  heldUpSinceMs: ms.optional(),
  load: z.object({ cpuShare: z.number(), memoryMiB: z.number(), eventLoopDelayMs: z.number() }).optional(),
  limitUse: z
    .object({
      seconds: z.number(),
      slotSeconds: z.number(),
      limits: z.record(
        z.string(),
        z.object({ usedMs: z.number(), waitedMs: z.number(), refused: z.number() }),
      ),
    })
    .optional(),
  interruptedTasks: z.array(z.string()).optional(),
  expiresAt: z.number().optional(),
});

export function parseAgent(item: unknown): z.ZodSafeParseResult<AgentInstance> {
  return readAgent.safeParse(withTasks(item)) as z.ZodSafeParseResult<AgentInstance>;
}

/** An agent of an earlier version works on one task at a time, and names it. */
function withTasks(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || 'tasks' in item) return item;
  const { status, statusSinceMs, taskId } = item as Item;
  return isLive(status as Status) && typeof taskId === 'string'
    ? { ...item, tasks: { [taskId]: statusSinceMs } }
    : item;
}

const readAgent = agentItem.transform(({ pk, sk, ...fields }) => ({
  pool: pk.slice(PARTITIONS.pool('').length, -AGENTS_SUFFIX.length),
  id: sk.slice(AGENT_PREFIX.length),
  ...fields,
}));

const mode = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('automatic') }),
  z.object({ kind: z.literal('paused'), by: z.string(), atMs: ms }),
  z.object({ kind: z.literal('pinned'), desired: z.number(), by: z.string(), atMs: ms }),
]);
const values = z.record(z.string(), z.unknown());

const overridesFields = {
  mode: mode.default(AUTOMATIC),
  settings: z.object({ values, by: z.string(), atMs: ms }).optional(),
};

/** The overrides in force, from the pool's STATE item. */
export const overridesItem = z.preprocess(withNewNames, z.object(overridesFields));

export const overrideItem = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mode'), by: z.string(), atMs: ms, mode }),
  z.object({ kind: z.literal('settings'), by: z.string(), atMs: ms, values }),
]);

function readForecast(stored: unknown): ForecastState | undefined {
  try {
    // Earlier versions wrote it as a map.
    return decodeState(stored instanceof Uint8Array ? unpackJson(stored) : stored);
  } catch {
    return undefined;
  }
}

const stateItem = z.object({
  desired: z.number().optional(),
  generation: z.number().default(0),
  changedAtMs: ms.optional(),
  wanted: z.number().optional(),
  limitClaims: z.record(z.string(), z.number()).optional(),
  recommendations: z.array(z.object({ atMs: ms, desired: z.number() })).default([]),
  changes: z.array(z.object({ atMs: ms, by: z.number() })).default([]),
  blocked: z
    .object({ sinceMs: ms, visible: z.array(z.number()), count: z.number() })
    .optional()
    .catch(undefined),
  overdue: z.object({ sinceMs: ms, count: z.number() }).optional(),
  emptyTicks: z.number().default(0),
  spending: z.object({ day: z.number(), agentSeconds: z.number(), atMs: ms }).optional(),
  // State of another shape, such as an earlier version's, is discarded: the forecaster starts over.
  forecast: z.unknown().optional().transform(readForecast),
  ...overridesFields,
  holder: z.string(),
  fence: z.number(),
  untilMs: ms,
});

export function parseState(item: unknown): {
  readonly state: PoolState;
  readonly lease: Lease;
  readonly mode: Mode;
  readonly settings?: Settings;
} {
  const parsed = stateItem.safeParse(withNewNames(item));
  if (!parsed.success) throw new Error(`the pool's STATE item cannot be read: ${problemsOf(parsed.error)}`);
  const { holder, fence, untilMs, mode, settings, forecast, ...rest } = parsed.data;
  const state = { ...rest, ...(forecast && { forecast }) };
  return {
    state: state as unknown as PoolState,
    lease: { holder, fence, untilMs },
    mode,
    ...(settings && { settings }),
  };
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const plainBytes = z.int().min(0).max(MAX_VALUE_BYTES);

const chainItem = z.object({
  base: z.object({
    version: z.int().min(1),
    key: z.string(),
    bytes: z.int().min(0),
    plainBytes,
    hash,
    parent: hash,
    pattern: z.int().min(0),
  }),
  pages: z.array(
    z.object({ place: z.enum(['table', 'object']), key: hash, bytes: z.int().min(1), links: z.int().min(1) }),
  ),
  tail: z.instanceof(Uint8Array).default(() => new Uint8Array()),
  patterns: z.array(hash),
});

export const headItem = z.object({
  contextId: z.string(),
  version: z.int().min(1),
  hash,
  parent: hash,
  plainBytes,
  chain: chainItem,
  previous: chainItem.optional(),
  damaged: z.array(z.object({ version: z.number(), reason: z.string(), chain: chainItem })).optional(),
  applied: z.array(z.object({ taskId: z.string(), result: storedValueSchema })),
  updatedAtMs: ms,
  keepDays: z.number().optional(),
});

/** A page without its content. */
export const pageName = z
  .object({ sk: z.string().startsWith(PAGE_PREFIX), writtenAtMs: ms.optional() })
  .transform(({ sk, writtenAtMs }) => ({ key: sk.slice(PAGE_PREFIX.length), writtenAtMs }));

export const pageItem = z.object({
  sk: z.string().startsWith(PAGE_PREFIX),
  content: z.instanceof(Uint8Array),
});

export const compactionItem = z.object({
  startedAtMs: ms,
  after: z.string().optional(),
  completedAtMs: ms.optional(),
  latest: z.array(z.object({ contextId: z.string(), updatedAtMs: ms })),
  patterns: z.array(z.string()),
  unneeded: z.record(z.string(), ms),
});

const known = z.looseObject({});

/** The parts of a decision that every view of it reads. */
const decisionItem = z.looseObject({
  v: z.literal(DECISION_VERSION),
  observation: z.looseObject({ pool: z.string(), atMs: ms, queue: known, fleet: known, agents: known }),
  decision: z.looseObject({
    kind: z.string(),
    reason: z.looseObject({ code: z.string(), text: z.string() }),
  }),
  outcome: z.looseObject({ kind: z.string() }),
  mode,
  proposals: z.array(known),
  guards: z.array(known),
  config: known,
  state: known,
});

/** A recorded decision, as it was written. */
export function readDecision({ packed, ...item }: Item): LoggedDecision {
  const atMs = Number(item['sk']);
  let record = item;
  try {
    // Earlier versions wrote each field as an attribute.
    if (packed instanceof Uint8Array) record = { v: item['v'], ...(unpackJson(packed) as object) };
  } catch (error) {
    return { kind: 'unreadable', atMs, reason: `it cannot be read: ${(error as Error).message}` };
  }
  const parsed = decisionItem.safeParse(record);
  if (parsed.success) return { kind: 'decision', atMs, record: record as unknown as DecisionRecord };
  const { v = 'the first' } = item;
  const reason =
    v === DECISION_VERSION
      ? `it cannot be read: ${problemsOf(parsed.error)}`
      : `another version of agentpool recorded it, in format ${v}; this one reads format ${DECISION_VERSION}`;
  return { kind: 'unreadable', atMs, reason };
}
