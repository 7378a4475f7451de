import { runnableTasks } from '../core/blocked.ts';
import { type DecisionRecord, desiredAfter } from '../core/decision-record.ts';
import { overdueTasks } from '../core/forecast/signals/pace.ts';
import { budgetUsed } from '../core/guards/budget.ts';
import { notPlaced } from '../core/guards/capacity.ts';
import { missingData } from '../core/guards/data-quality.ts';
import { isIdlePool } from '../core/idle-pool.ts';
import { blockedNow } from '../core/memory.ts';
import { type Agents, utilizationOf } from '../core/observation.ts';
import { LIMIT_MS_PER_SECOND } from '../core/pool/provider-limit.ts';
import { type Measurement, type Metrics, measure } from './metrics.ts';

/** Metrics that the scaler emits after each tick of a pool. */
export const SCALER_METRICS = {
  Ticks: { unit: 'Count', description: 'Ticks of the pool', of: () => 1 },
  ActionsFailed: {
    unit: 'Count',
    description: 'Actions with a failed step',
    of: ({ outcome }) => count(outcome.kind === 'failed'),
  },
  TicksWithMissingData: {
    unit: 'Count',
    description: 'Ticks with missing or stale data, which cannot shrink the pool',
    of: ({ observation }) => count(missingData(observation) !== undefined),
  },
  QueueDepth: { unit: 'Count', description: 'Queued tasks', of: (record) => queue(record)?.visible },
  TasksOverdue: {
    unit: 'Count',
    description: 'Runnable tasks that have waited longer than the objective allows',
    of: overdue,
  },
  MessagesInFlight: {
    unit: 'Count',
    description: 'Tasks in flight',
    of: (record) => queue(record)?.inFlight,
  },
  AgentsStarting: {
    unit: 'Count',
    description: 'Starting agents',
    of: (record) => agents(record)?.starting,
  },
  AgentsReady: {
    unit: 'Count',
    description: 'Ready agents',
    of: (record) => agents(record)?.ready,
  },
  AgentsBusy: { unit: 'Count', description: 'Busy agents', of: (record) => agents(record)?.busy },
  SlotsUsed: {
    unit: 'Count',
    description: 'Slots of agents that are used by tasks',
    of: (record) => usedSlots(agents(record)),
  },
  SlotsTotal: {
    unit: 'Count',
    description: 'Slots of agents, used and free',
    of: (record) => {
      const seen = agents(record);
      return seen && usedSlots(seen) + seen.slots.free + seen.slots.unusable;
    },
  },
  AgentsHeldUp: {
    unit: 'Count',
    description: 'Agents that take no further task because a handler holds up their event loop',
    // Rare, and then worth its price.
    of: (record) => agents(record)?.heldUp || undefined,
  },
  AgentsInCooldown: {
    unit: 'Count',
    description: 'Agents in cooldown after a task',
    of: (record) => agents(record)?.cooldown,
  },
  AgentsDraining: { unit: 'Count', description: 'Draining agents', of: (record) => agents(record)?.draining },
  AgentsNotReceiving: {
    unit: 'Count',
    description: 'Idle agents whose receives fail or hang',
    of: (record) => agents(record)?.notReceiving,
  },
  AgentsUnresponsive: {
    unit: 'Count',
    description: 'Unresponsive agents',
    of: (record) => agents(record)?.unresponsive,
  },
  RecordsUnreadable: {
    unit: 'Count',
    description: 'Agent records that could not be read',
    of: (record) => agents(record)?.unreadable,
  },
  DesiredCount: { unit: 'Count', description: 'Desired agents', of: desiredAfter },
  TicksAtMaximum: {
    unit: 'Count',
    description: 'Ticks at the maximum count with queued tasks',
    of: (record) =>
      count((desiredAfter(record) ?? 0) >= record.config.max && (queue(record)?.visible ?? 0) > 0),
  },
  LimitUsed: {
    unit: 'Percent',
    description: "Share of a provider limit that the pool's agents use; of several limits, the most used",
    of: limitUsed,
  },
  SlotsHeldBack: {
    unit: 'Count',
    description: 'Slots that policies want beyond what provider limits feed',
    of: slotsHeldBack,
  },
  AgentsNotPlaced: {
    unit: 'Count',
    description: 'Requested agents that ECS has not started for minutes',
    of: ({ state, observation }) => notPlaced(state.overdue, observation.atMs),
  },
  Utilization: {
    unit: 'Percent',
    description: 'Share of available slots that are used',
    of: (record) => {
      const seen = agents(record);
      return percent(seen && utilizationOf(seen, record.config.concurrency));
    },
  },
  ArrivalsObserved: {
    unit: 'Count/Second',
    description: 'Tasks per second over the last minutes',
    of: ({ forecast }) => forecast.naivePerSecond,
  },
  ArrivalsForecast: {
    unit: 'Count/Second',
    description: 'Tasks per second expected until new agents are ready',
    of: ({ forecast }) => forecast.arrivalsPerSecond,
  },
  StaffingMargin: {
    unit: 'None',
    description: 'Capacity kept beyond the mean load: 0 on smooth traffic that meets its objective',
    of: ({ forecast }) => forecast.staffingMargin,
  },
  ObjectiveAttained: {
    unit: 'Percent',
    description: 'Share of the last few thousand tasks that started within the objective',
    of: ({ forecast }) => percent(forecast.attained),
  },
  AgentHoursToday: {
    unit: 'Count',
    description: 'Agent-hours used since the UTC day began',
    of: ({ state }) => state.spending && state.spending.agentSeconds / 3600,
  },
  BudgetUsed: {
    unit: 'Percent',
    description: "Share of the day's hours budget used",
    of: ({ config, state }) => percent(budgetUsed(config, state.spending)),
  },
} as const satisfies Metrics<DecisionRecord>;

/** An idle pool emits only `Ticks`: every other value is zero, and each metric is billed by the hour. */
export function scalerMeasurements(record: DecisionRecord): readonly Measurement[] {
  const { Ticks } = SCALER_METRICS;
  return measure<DecisionRecord>(isIdlePool(record) ? { Ticks } : SCALER_METRICS, record);
}

function agents({ observation }: DecisionRecord): Agents | undefined {
  return observation.agents.kind === 'known' ? observation.agents.value : undefined;
}

/** Undefined for a pool without limits, which isn't billed for the metric. */
function limitUsed(record: DecisionRecord): number | undefined {
  const seen = agents(record);
  if (seen === undefined || record.config.limits.length === 0) return undefined;
  const used = Object.values(seen.limitUse).map(({ msPerSecond }) => msPerSecond / LIMIT_MS_PER_SECOND);
  return percent(Math.max(0, ...used));
}

function slotsHeldBack({ config, guards }: DecisionRecord): number | undefined {
  if (config.limits.length === 0) return undefined;
  const step = guards.find(({ reason }) => reason.code === 'ProviderLimit');
  return step ? config.concurrency * Math.max(0, step.from - step.to) : 0;
}

/** Those of draining agents, too. */
function usedSlots(of: Agents): number;
function usedSlots(of: Agents | undefined): number | undefined;
function usedSlots(of: Agents | undefined): number | undefined {
  return of && of.slots.used + of.slots.draining;
}

function queue({ observation }: DecisionRecord) {
  return observation.queue.kind === 'known' ? observation.queue.value : undefined;
}

/** Undefined until a time as long as the allowed queue wait has been observed. */
function overdue(record: DecisionRecord): number | undefined {
  const counts = queue(record);
  const { lately } = record.forecast;
  return counts && lately && overdueTasks(runnableTasks(counts, blockedNow(record)), lately);
}

function count(condition: boolean): number {
  return condition ? 1 : 0;
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}
