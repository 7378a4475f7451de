import { ConfigError, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import { SETTABLE, withSettings } from '../../shared/core/pool/settings.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import type { RunResult } from '../backtest/simulate.ts';

/**
 * A question about a pool: how would these arrivals have fared under other settings? Times are seconds.
 */
export type WhatIf = {
  /** The configuration in effect today. */
  readonly config: PoolConfig;
  /** From asking for an agent until it takes tasks. */
  readonly startupSeconds: number;
  /** What an agent is billed for at least. Default: Fargate's minute. */
  readonly billedAtLeastSeconds?: number;
  /** In order. At least one. */
  readonly arrivals: readonly Arrival[];
  /**
   * The moment of `atSeconds: 0`, in epoch milliseconds, which schedules and daily patterns go by: 60,000 times the first
   * minute of a history. Default: a midnight of a Monday (UTC).
   */
  readonly beginsAtMs?: number;
  /** The arrivals were recorded until then, and maybe none came in the end: agents are paid all the same. */
  readonly endsAtSeconds?: number;
  /** The values that the operator moved. Empty: none. */
  readonly change: WhatIfChange;
};

/** Fields that can differ between the points: what an operator may set, and the objective, which is deployed. */
export type WhatIfField = (typeof SETTABLE)[number] | 'objective';

/** New values by {@link WhatIfField}, unchecked. If a value has only some of a field's parts, the others stay. */
export type WhatIfChange = Readonly<Record<string, unknown>>;

export type WhatIfValues = Partial<Pick<PoolConfig, WhatIfField>>;

/** What one way of scaling costs, and how long its tasks wait. All points are judged by the same objective. */
export type WhatIfPoint = {
  readonly role: WhatIfRole;
  /** For people: `today`, `min 4, max 20`, `KEDA at 1.35 tasks an agent`. */
  readonly label: string;
  /** What differs from today's configuration. Peers and bounds have none. */
  readonly values?: WhatIfValues;
  /** Agents paid for, in the mean over the length of the trace. */
  readonly agentsPaid: number;
  /** What they cost at list price, without anything else. None for agents on instances of the pool's own. */
  readonly dollarsPerHour?: number;
  /** Agent-seconds paid for each second of work. */
  readonly paidPerBusy: number;
  /** Share (0 to 1) of the tasks that started within the objective: of all, and in the worst hour. */
  readonly within: number;
  readonly worstHourWithin: number;
  readonly queueWaitSeconds: RunResult['queueWaitSeconds'];
  readonly meetsObjective: boolean;
};

/**
 * `today` and `changed` are the operator's; `candidate` is another one to choose from; `frontier` aims at a longer or
 * shorter wait, to show what it costs; `peer` is another autoscaler at its best setting for these arrivals; `bound` is
 * none that anybody could run (an oracle, or the best fleet of one size). `recommended` is a copy of one of the first three.
 */
export type WhatIfRole = 'today' | 'changed' | 'candidate' | 'frontier' | 'recommended' | 'peer' | 'bound';

export type WhatIfEvent =
  /** A run, or another one for a peer's setting, begins: `done` of at most `of` points are there. */
  | { readonly kind: 'progress'; readonly done: number; readonly of: number; readonly doing: string }
  | { readonly kind: 'point'; readonly point: WhatIfPoint }
  /** The last event. `why` is a sentence, also when nothing is recommended. */
  | { readonly kind: 'done'; readonly recommended?: WhatIfPoint; readonly why: string }
  /** The last event: the change is invalid, or there is nothing to run. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * A configuration with a change applied: settings as {@link withSettings} does, and the objective.
 * @throws ConfigError with each invalid value, or when no task could ever start.
 */
export function withChange(config: PoolConfig, { objective, ...settings }: WhatIfChange): PoolConfig {
  const set = withSettings(config, settings);
  const [changed] = parsePools(
    [{ ...set, ...(objective !== undefined && { objective: merged(set.objective, objective) }) }],
    'the change',
  ) as readonly [PoolConfig];
  if (changed.max === 0) throw new ConfigError('max is 0, so that no task would ever start');
  return changed;
}

/** The fields in which a configuration differs from today's, with its values. */
export function differences(today: PoolConfig, config: PoolConfig): WhatIfValues {
  const fields = [...SETTABLE, 'objective'] as const;
  const differing = fields.filter((field) => JSON.stringify(today[field]) !== JSON.stringify(config[field]));
  return Object.fromEntries(differing.map((field) => [field, config[field]])) as WhatIfValues;
}

function merged(before: PoolConfig['objective'], value: unknown): unknown {
  return typeof value === 'object' && value !== null ? { ...before, ...value } : value;
}
