import { Cron } from 'croner';
import * as z from 'zod';
import { capacitySchema } from './capacity.ts';
import { providerLimitSchema } from './provider-limit.ts';
import { MAX_CONCURRENCY } from './slots.ts';

/** The policies a pool can enable. Each one is a file in this directory. */
export const POLICY_NAMES = [
  'predictive',
  'overdue',
  'schedule',
  'warm-floor',
  'context-trend',
  'utilization',
  'backlog',
  'one-step',
] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/** Thresholds that differ from these were set. */
export const DEFAULT_UTILIZATION = { scaleOutAbove: 0.7, scaleInBelow: 0.2 } as const;

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

const variable = z
  .string()
  .regex(
    /^(?!AWS_|AGENTPOOL_|ECS_)[A-Za-z_][A-Za-z0-9_]*$/,
    'a variable name without the prefix AWS_, AGENTPOOL_ or ECS_',
  );

const agentSchema = z
  .strictObject({
    /** CPU units: 1024 are one vCPU. Fargate has some sizes only; instances of your own have any. */
    cpu: z.int().min(128).max(196_608).default(256),
    memoryMiB: z.int().min(64).default(512),
    /** GPUs of the instance that belong to this agent alone. Fargate has none. */
    gpus: z.int().min(1).max(16).optional(),
    /** What the image is built for. x86_64 costs a quarter more. */
    architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
    /** Disk space, on which an agent keeps contexts that don't fit in memory. Fargate's 20 GiB are free. */
    ephemeralStorageGiB: z.int().min(21).max(200).optional(),
    /** Environment variables of the handler. Secret values belong in `secrets`. */
    environment: z.record(variable, z.string()).default({}),
    /**
     * Variables read from Secrets Manager or Parameter Store when an agent starts: `name` or `name:field`, a complete ARN,
     * also with `:field`, or `ssm:/path`.
     */
    secrets: z.record(variable, z.string().min(1)).default({}),
    /** What the handler may do in AWS, beside its own work: actions such as `bedrock:InvokeModel`, on ARNs. */
    permissions: z
      .array(
        z.strictObject({
          actions: z
            .array(z.string().regex(/^[a-z0-9-]+:[A-Za-z*]+$/, 'an action, such as "bedrock:InvokeModel"'))
            .min(1),
          resources: z.array(z.string().regex(/^(\*|arn:.+)$/, 'an ARN, or "*"')).min(1),
        }),
      )
      .default([]),
    /** Allows `aws ecs execute-command`, a shell in a running agent. Its root file system is then writable. */
    exec: z.boolean().default(false),
    /** Days that the log is kept. */
    logRetentionDays: z
      .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653])
      .default(30),
  })
  .prefault({});

/**
 * A pool's fields, with every default. `pools.config.ts` needs `name` and `handler`, and any field that differs from
 * its default. Units are in the names.
 */
export const poolSchema = z.strictObject({
  /** Names the pool's queue, service and records. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, '1 to 32 of a-z, 0-9 and -, starting with a letter'),
  /** Path of the module whose default export is the handler: relative to the project, in `agent/`. */
  handler: z.string().min(1, 'the path of a module, such as ./agent/handlers/support.ts'),
  /** Minimum number of agents. With 0, the pool scales to zero. */
  min: z.int().min(0).max(5000).default(2),
  /** Maximum number of agents. An ECS service holds at most 5,000 tasks. */
  max: z.int().min(0).max(5000).default(10),
  /** How many tasks an agent works on at a time: its slots. */
  concurrency: z.int().min(1).max(MAX_CONCURRENCY).default(1),
  /** Shares of used slots (0 to 1) above which the pool grows and below which it shrinks. */
  utilization: z
    .strictObject({
      scaleOutAbove: z.number().gt(0).lt(1).default(DEFAULT_UTILIZATION.scaleOutAbove),
      scaleInBelow: z.number().gte(0).lt(1).default(DEFAULT_UTILIZATION.scaleInBelow),
    })
    .prefault({}),
  /** `fifo`: tasks of one context run in order, one at a time. `none`: any order, at least once. */
  ordering: z.enum(['fifo', 'none']).default('fifo'),
  /** Seconds between two ticks of the scaler. */
  tickSeconds: z.number().min(0.5).max(60).default(15),
  /** Policies that propose a desired count; the largest proposal wins. */
  policies: z.array(z.enum(POLICY_NAMES)).min(1).default(['predictive', 'overdue', 'schedule', 'warm-floor']),
  /** What the pool must hold: `percent` of tasks start within `withinSeconds`. */
  objective: z
    .strictObject({
      percent: z.number().gt(0).lt(100).default(95),
      withinSeconds: z.number().gt(0).max(86_400).default(30),
    })
    .prefault({}),
  /**
   * The pool shrinks only to the largest count its policies wanted to keep within this time. `auto`: the policies
   * choose the time.
   */
  scaleInStabilizationSeconds: z
    .union([z.literal('auto'), z.number().min(0).max(3600)], { error: '"auto" or a number' })
    .default('auto'),
  /** Ready agents that the `warm-floor` policy keeps on top of the busy ones. */
  warmFloor: z.int().min(0).max(5000).default(0),
  /** Floors that the `schedule` policy keeps: from each time a cron expression fires, for some minutes. */
  schedule: z.array(floorSchema).default([]),
  /** How far the desired count may change within a minute: by `agents` or by `percent` of it, whichever is more. */
  scaleOutLimit: limitSchema({ agents: 1_000, percent: 400 }),
  scaleInLimit: limitSchema({ agents: 200, percent: 100 }),
  /**
   * Agent-hours the pool may use per UTC day, and what happens when they're used up: `stop-growing`, `shrink-to-min`,
   * or `warn`, which only reports it.
   */
  budget: z
    .strictObject({
      agentHoursPerDay: z.number().gt(0),
      whenReached: z.enum(['stop-growing', 'shrink-to-min', 'warn']),
    })
    .optional(),
  /**
   * A ceiling shared by all pools that name it. Higher-priority pools get their agents first; lower-priority ones
   * yield as their agents become idle.
   */
  ceiling: z
    .strictObject({ name: z.string().min(1), max: z.int().min(1), priority: z.int().default(0) })
    .optional(),
  /**
   * Limits of the services behind the agents, from which handlers take with `tools.acquire`. Pools that name the same
   * limit share it.
   */
  limits: z.array(providerLimitSchema).max(10).default([]),
  /**
   * Days after its last turn when a conversation's context ends and is deleted. Unset: contexts are kept until someone
   * deletes them.
   */
  contextDays: z.int().min(1).max(3650).optional(),
  /** Pools that the handler may send tasks to, with `tools.send`. */
  delegatesTo: z.array(z.string()).default([]),
  /** The size of an agent, and what its container may do. */
  agent: agentSchema,
  /**
   * Which capacity agents run on: Fargate on demand, or Fargate Spot, which is cheaper but can be interrupted; or capacity
   * providers of your own.
   */
  capacity: capacitySchema,
  /** Changes alarms, by the names that the runbook has. `off`: no such alarm. */
  alarms: z
    .record(
      z.string(),
      z.union(
        [
          z.literal('off'),
          z.strictObject({
            /** In the unit of the alarm's metric. */
            threshold: z.number().optional(),
            /** This many periods in a row have to breach the threshold. */
            periods: z.int().min(1).max(100).optional(),
          }),
        ],
        { error: '"off", or an object with threshold, periods or both' },
      ),
    )
    .default({}),
  /** An agent that isn't ready this long after its start exits. */
  startTimeoutSeconds: z.number().min(1).max(3600).default(300),
  /** Time between SIGTERM and SIGKILL. Fargate allows 2 to 120. */
  stopTimeoutSeconds: z.int().min(2).max(120).default(120),
  /**
   * An attempt that runs longer is aborted and counts as failed. SQS keeps a message in flight for at most 12 hours.
   */
  taskTimeoutSeconds: z.number().gt(0).max(39_600).default(900),
  /** How long an agent stays in cooldown after a task: it takes tasks, but isn't scaled in. */
  cooldownSeconds: z.number().min(0).max(3600).default(30),
  /** Attempts at a task before it goes to the dead-letter queue. */
  maxAttempts: z.int().min(1).max(100).default(3),
  /**
   * The pause before a task that failed is attempted again: after its first failure, and after each further one `factor`
   * times as long.
   */
  retryBackoff: z
    .strictObject({
      firstSeconds: z.number().min(0).max(39_600).default(1),
      factor: z.number().min(1).max(10).default(2),
      atMostSeconds: z.number().min(0).max(39_600).default(60),
    })
    .prefault({}),
  /**
   * How long a task may be put off by its handler or by the service behind it (`RetryLater`, or an error that says when
   * to try again), counted from its first start. After that, it's an attempt that failed.
   */
  retryLaterForSeconds: z.number().min(0).max(39_600).default(3_600),
  /** If an agent stops extending a message, SQS delivers it again after this time. */
  visibilitySeconds: z.int().min(2).max(3600).default(120),
  /** Interval between an agent's heartbeats. An agent that misses three is unresponsive. */
  heartbeatSeconds: z.number().min(0.2).max(300).default(30),
  /** Long-poll time of an idle agent, and the longest it takes to notice that it should stop. */
  pollSeconds: z.int().min(1).max(20).default(20),
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
