import { Cron } from 'croner';
import * as z from 'zod';
import { POLICY_NAMES } from '../policies/names.ts';

const floorSchema = z.strictObject({
  /** Five fields: minute, hour, day of month, month, weekday. */
  cron: z.string().refine(isCron, 'a cron expression of five fields, such as "0 8 * * 1-5"'),
  /** An IANA name. */
  timeZone: z.string().refine(isTimeZone, 'a time zone, such as "Europe/Berlin"').default('UTC'),
  forMinutes: z.number().gt(0).max(44_640),
  atLeast: z.int().min(1).max(5000),
});

const limitSchema = (defaults: { readonly agents: number; readonly percent: number }) =>
  z
    .strictObject({
      agents: z.int().min(1).default(defaults.agents),
      percent: z.number().min(0).default(defaults.percent),
    })
    .prefault({});

/** Memory in MiB that Fargate offers for each number of CPU units. */
const FARGATE_MEMORY: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: steps(1024, 4096, 1024),
  1024: steps(2048, 8192, 1024),
  2048: steps(4096, 16_384, 1024),
  4096: steps(8192, 30_720, 1024),
  8192: steps(16_384, 61_440, 4096),
  16384: steps(32_768, 122_880, 8192),
};

function steps(from: number, to: number, by: number): readonly number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);
}

const variable = z
  .string()
  .regex(
    /^(?!AWS_|AGENTPOOL_|ECS_)[A-Za-z_][A-Za-z0-9_]*$/,
    'a variable that is not AWS’s or agentpool’s own',
  );

const agentSchema = z
  .strictObject({
    cpu: z.literal([256, 512, 1024, 2048, 4096, 8192, 16_384]).default(256),
    memoryMiB: z.int().default(512),
    /** Environment of the handler. What is secret belongs into `secrets`. */
    environment: z.record(variable, z.string()).default({}),
    /** Variables with the Secrets Manager secret each is read from when an agent starts: `name` or `name:field`. */
    secrets: z.record(variable, z.string().min(1)).default({}),
  })
  .refine(({ cpu, memoryMiB }) => FARGATE_MEMORY[cpu]?.includes(memoryMiB), {
    path: ['memoryMiB'],
    error: ({ input }) => {
      const { cpu } = input as { cpu: number };
      return `for ${cpu} CPU units one of ${FARGATE_MEMORY[cpu]?.join(', ')}`;
    },
  })
  .prefault({});

/**
 * What a pool is, and every default. A user writes the fields that differ, `name` and `handler` at least,
 * in `pools.config.ts`; units are in the names.
 */
const poolSchema = z
  .strictObject({
    /** Names the pool's queue, service and records. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name of 1 to 32 characters: a-z, 0-9 and -, a letter first'),
    /** Module with the agent's handler as its default export, relative to the project and below `agent/`. */
    handler: z.string().min(1, 'the path of a module, such as ./agent/handlers/support.ts'),
    /** Fewest agents at any time. 0 lets the pool scale to zero. */
    min: z.int().min(0).max(5000).default(2),
    /** Most agents at any time. An ECS service holds at most 5,000 tasks. */
    max: z.int().min(0).max(5000).default(10),
    /** Share of busy agents (0 to 1) above which the pool grows, and below which it shrinks. */
    utilization: z
      .strictObject({
        scaleOutAbove: z.number().gt(0).lt(1).default(0.7),
        scaleInBelow: z.number().gte(0).lt(1).default(0.2),
      })
      .prefault({}),
    /** `fifo`: the tasks of one context run in order, one at a time. `none`: any order, at least once. */
    ordering: z.enum(['fifo', 'none']).default('fifo'),
    /** Seconds between two looks at the pool. */
    tickSeconds: z.number().min(0.5).max(60).default(15),
    /** Policies that propose a desired count; the largest proposal wins. */
    policies: z.array(z.enum(POLICY_NAMES)).min(1).default(['predictive', 'schedule', 'warm-floor']),
    /** What the pool is asked to hold: `percent` of tasks start within `withinSeconds`. */
    objective: z
      .strictObject({
        percent: z.number().gt(0).lt(100).default(95),
        withinSeconds: z.number().gt(0).max(86_400).default(30),
      })
      .prefault({}),
    /**
     * The pool shrinks only to the largest count that its policies wanted to keep within this time. `auto`: for as
     * long as they ask for.
     */
    scaleInStabilizationSeconds: z.union([z.literal('auto'), z.number().min(0).max(3600)]).default('auto'),
    /** Ready agents that the policy `warm-floor` keeps beside the busy ones. */
    warmFloor: z.int().min(0).max(5000).default(0),
    /** Floors that the policy `schedule` keeps: from each time a cron expression fires, for some minutes. */
    schedule: z.array(floorSchema).default([]),
    /** How far one minute may change the desired count: by `agents` or by `percent` of it, whichever is more. */
    scaleOutLimit: limitSchema({ agents: 1_000, percent: 400 }),
    scaleInLimit: limitSchema({ agents: 200, percent: 100 }),
    /**
     * Agent-hours a UTC day may cost, and what happens when they are used: `stop-growing`, `shrink-to-min`, or
     * `warn`, which only says so.
     */
    budget: z
      .strictObject({
        agentHoursPerDay: z.number().gt(0),
        whenReached: z.enum(['stop-growing', 'shrink-to-min', 'warn']),
      })
      .optional(),
    /**
     * A ceiling over all pools that name it. Pools of a higher priority get their agents first; those of a lower one
     * give way as their agents become idle.
     */
    ceiling: z
      .strictObject({ name: z.string().min(1), max: z.int().min(1), priority: z.int().default(0) })
      .optional(),
    /** What each agent runs on: Fargate's CPU units (1024 are a vCPU) and memory. */
    agent: agentSchema,
    /** Which capacity agents run on: on demand, or on Fargate Spot, which is cheaper and may be taken back. */
    capacity: z
      .strictObject({
        /** So many agents always run on demand. */
        onDemandBase: z.int().min(0).max(5000).default(0),
        /** Share of the agents beyond those that runs on Spot. */
        spotPercent: z.number().min(0).max(100).default(0),
      })
      .prefault({}),
    /** An agent that is not ready this long after its start gives up and exits. */
    startTimeoutSeconds: z.number().min(1).max(3600).default(300),
    /** Time between SIGTERM and SIGKILL. Fargate allows 2 to 120. */
    stopTimeoutSeconds: z.int().min(2).max(120).default(120),
    /** A task that runs longer is aborted and counts as a failed attempt. SQS holds a message for 12 hours at most. */
    taskTimeoutSeconds: z.number().gt(0).max(39_600).default(900),
    /** How long an agent stays in cooldown after a task: it takes work, but is not let go. */
    cooldownSeconds: z.number().min(0).max(3600).default(30),
    /** Attempts at a task before it goes to the dead-letter queue. */
    maxAttempts: z.int().min(1).max(100).default(3),
    /** A message that an agent stopped extending is delivered again after this time. */
    visibilitySeconds: z.int().min(2).max(3600).default(120),
    /** How often an agent writes its record when nothing else happens. Silent for three times as long, it is lost. */
    heartbeatSeconds: z.number().min(0.2).max(300).default(30),
    /** Long-poll time of an idle agent; also the longest it takes to notice that it should stop. */
    pollSeconds: z.int().min(1).max(20).default(20),
  })
  .refine((pool) => pool.min <= pool.max, {
    path: ['min'],
    error: (issue) => `at most max, which is ${(issue.input as { max: number }).max}`,
  })
  .refine((pool) => pool.utilization.scaleInBelow < pool.utilization.scaleOutAbove, {
    path: ['utilization', 'scaleInBelow'],
    error: 'below utilization.scaleOutAbove',
  });

function isCron(text: string): boolean {
  try {
    const next = new Cron(text, { paused: true }).nextRun('2026-01-01T00:00:00Z');
    return next !== null && text.trim().split(/\s+/).length === 5;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A pool with every field filled in. */
export type PoolConfig = z.output<typeof poolSchema>;
/** A pool as a user writes it. */
export type PoolInput = z.input<typeof poolSchema>;

/** Gives `pools.config.ts` its types; whatever reads it checks the values. */
export function definePools(pools: readonly PoolInput[]): readonly PoolInput[] {
  return pools;
}

/** Thrown when a pool's configuration is wrong. Its message has one line for each wrong field. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Checks pools and fills in the defaults. `source` is where they come from, for the message.
 * @throws ConfigError naming, for each wrong value, the pool, the field, what was given and what is allowed.
 */
export function parsePools(input: unknown, source = 'pools.config.ts'): readonly PoolConfig[] {
  if (!Array.isArray(input) || input.length === 0) {
    throw new ConfigError(`${source}: expected a list with at least one pool, got ${shown(input)}`);
  }
  const results = input.map((pool) => poolSchema.safeParse(pool));
  const problems = results.flatMap((result, index) =>
    result.success ? [] : result.error.issues.map((issue) => describe(issue, input[index], index)),
  );
  problems.push(...duplicateNames(input), ...differingCeilings(input));
  if (problems.length > 0) {
    throw new ConfigError(`${source} has ${problems.length} problem(s):\n  ${problems.join('\n  ')}`);
  }
  return results.map((result) => result.data as PoolConfig);
}

/**
 * A pool as briefly as it can be written, for scaler and agents: only what differs from the defaults, and nothing that
 * is deployed and then done with.
 */
export function minimalPool({ agent: _agent, capacity: _capacity, ...pool }: PoolConfig): PoolInput {
  const { name, handler } = pool;
  const defaults: Readonly<Record<string, unknown>> = poolSchema.parse({ name, handler });
  const differing = Object.entries(pool).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(defaults[field]),
  );
  return { name, handler, ...Object.fromEntries(differing) };
}

function describe(issue: z.core.$ZodIssue, pool: unknown, index: number): string {
  const where = poolLabel(pool, index);
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? Object.keys(poolSchema.shape) : [];
    const hint = known.length > 0 ? `; known fields: ${known.join(', ')}` : '';
    return issue.keys
      .map((key) => `${where}, field ${[...issue.path, key].join('.')}: unknown field${hint}`)
      .join('\n  ');
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    pool,
  );
  return `${where}, field ${issue.path.join('.') || '(pool)'}: got ${shown(given)}, allowed: ${allowed(issue)}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `${issue.origin === 'array' ? 'a list of ' : ''}${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    default:
      return issue.message;
  }
}

function duplicateNames(pools: readonly unknown[]): string[] {
  const names = pools.map((pool) => (pool as { name?: unknown } | null)?.name);
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [
          `${poolLabel(pools[index], index)}, field name: got ${shown(name)}, allowed: a name that no other pool has`,
        ]
      : [],
  );
}

/** One ceiling has one height. */
function differingCeilings(pools: readonly unknown[]): string[] {
  const heights = new Map<unknown, unknown>();
  return pools.flatMap((pool, index) => {
    const ceiling = (pool as { ceiling?: { name?: unknown; max?: unknown } } | null)?.ceiling;
    if (!ceiling) return [];
    const height = heights.get(ceiling.name) ?? ceiling.max;
    heights.set(ceiling.name, height);
    if (height === ceiling.max) return [];
    return [
      `${poolLabel(pool, index)}, field ceiling.max: got ${shown(ceiling.max)}, allowed: ${shown(height)}, as in the other pools under "${String(ceiling.name)}"`,
    ];
  });
}

function poolLabel(pool: unknown, index: number): string {
  const name = (pool as { name?: unknown } | null)?.name;
  return typeof name === 'string' && name !== '' ? `pool "${name}"` : `pool number ${index + 1}`;
}

function shown(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  const json: string | undefined = JSON.stringify(value);
  return json ?? String(value);
}
