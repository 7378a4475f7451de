import { type DecisionRecord, desiredAfter } from '../core/decision-record.ts';
import { notPlaced } from '../core/guards/capacity.ts';
import { missingData } from '../core/guards/data-quality.ts';
import { budgetUsed } from '../core/guards/limits.ts';
import { isIdlePool } from '../core/idle-pool.ts';
import { type Agents, utilizationOf } from '../core/observation.ts';
import { type Measurement, type Metrics, measure } from './metrics.ts';

/** What the scaler emits after each look at a pool. */
export const SCALER_METRICS = {
  Ticks: { unit: 'Count', description: 'Looks at the pool', of: () => 1 },
  ActionsFailed: {
    unit: 'Count',
    description: 'Actions of which a step failed',
    of: ({ outcome }) => count(outcome.kind === 'failed'),
  },
  TicksWithMissingData: {
    unit: 'Count',
    description: 'Looks at data that was not complete, on which nothing shrinks',
    of: ({ observation }) => count(missingData(observation) !== undefined),
  },
  QueueDepth: { unit: 'Count', description: 'Tasks that wait', of: (record) => queue(record)?.visible },
  MessagesInFlight: {
    unit: 'Count',
    description: 'Tasks that were received',
    of: (record) => queue(record)?.inFlight,
  },
  AgentsStarting: {
    unit: 'Count',
    description: 'Agents that start',
    of: (record) => agents(record)?.starting,
  },
  AgentsReady: {
    unit: 'Count',
    description: 'Agents that wait for a task',
    of: (record) => agents(record)?.ready,
  },
  AgentsBusy: { unit: 'Count', description: 'Agents with a task', of: (record) => agents(record)?.busy },
  AgentsInCooldown: {
    unit: 'Count',
    description: 'Agents after a task',
    of: (record) => agents(record)?.cooldown,
  },
  AgentsDraining: { unit: 'Count', description: 'Agents let go', of: (record) => agents(record)?.draining },
  AgentsUnresponsive: {
    unit: 'Count',
    description: 'Agents not heard of',
    of: (record) => agents(record)?.unresponsive,
  },
  RecordsUnreadable: {
    unit: 'Count',
    description: 'Records of agents that could not be read',
    of: (record) => agents(record)?.unreadable,
  },
  DesiredCount: { unit: 'Count', description: 'Agents that are desired', of: desiredAfter },
  TicksAtMaximum: {
    unit: 'Count',
    description: 'Looks at which the pool had as many agents as it may have, with tasks waiting',
    of: (record) =>
      count((desiredAfter(record) ?? 0) >= record.config.max && (queue(record)?.visible ?? 0) > 0),
  },
  AgentsNotPlaced: {
    unit: 'Count',
    description: 'Agents that ECS has not been able to start for minutes',
    of: ({ state, observation }) => notPlaced(state.overdue, observation.atMs),
  },
  Utilization: {
    unit: 'Percent',
    description: 'Share of the agents that can take work which are busy',
    of: (record) => {
      const seen = agents(record);
      return percent(seen && utilizationOf(seen));
    },
  },
  ArrivalsObserved: {
    unit: 'Count/Second',
    description: 'Tasks that arrived per second in the last minutes',
    of: ({ forecast }) => forecast.naivePerSecond,
  },
  ArrivalsForecast: {
    unit: 'Count/Second',
    description: 'Tasks expected per second until new agents are ready',
    of: ({ forecast }) => forecast.arrivalsPerSecond,
  },
  StaffingMargin: {
    unit: 'None',
    description: 'How much more than the mean load is staffed: 0 on smooth traffic that meets its objective',
    of: ({ forecast }) => forecast.staffingMargin,
  },
  ObjectiveAttained: {
    unit: 'Percent',
    description: 'Share of the last thousands of tasks that started within the objective',
    of: ({ forecast }) => percent(forecast.attained),
  },
  AgentHoursToday: {
    unit: 'Count',
    description: 'Agent-hours paid since the UTC day began',
    of: ({ state }) => state.spending && state.spending.agentSeconds / 3600,
  },
  BudgetUsed: {
    unit: 'Percent',
    description: "Share of the day's agent-hours that is used",
    of: ({ config, state }) => percent(budgetUsed(config, state.spending)),
  },
} as const satisfies Metrics<DecisionRecord>;

/** A pool at rest is only told to have been looked at: all else is zero, and every metric is paid for by the hour. */
export function scalerMeasurements(record: DecisionRecord): readonly Measurement[] {
  const { Ticks } = SCALER_METRICS;
  return measure<DecisionRecord>(isIdlePool(record) ? { Ticks } : SCALER_METRICS, record);
}

function agents({ observation }: DecisionRecord): Agents | undefined {
  return observation.agents.kind === 'known' ? observation.agents.value : undefined;
}

function queue({ observation }: DecisionRecord) {
  return observation.queue.kind === 'known' ? observation.queue.value : undefined;
}

function count(condition: boolean): number {
  return condition ? 1 : 0;
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}
