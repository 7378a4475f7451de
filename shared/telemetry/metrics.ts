import { budgetUsed } from '../scaling/guards/limits.ts';
import { missingData, notPlaced } from '../scaling/guards/safety.ts';
import { type Agents, utilizationOf } from '../scaling/observation.ts';
import { type DecisionRecord, desiredAfter } from '../scaling/record.ts';

/** The metrics, defined once: the functions emit them and the dashboard draws them. */
export const NAMESPACE = 'agentpool';
/** The only dimension: an id of an agent or a task as dimension would make each one a metric that is paid for. */
export const POOL_DIMENSION = 'Pool';

export type MetricUnit = 'Count' | 'Seconds' | 'Percent' | 'Bytes' | 'Count/Second' | 'None';
type Metric = {
  readonly unit: MetricUnit;
  readonly description: string;
  /** The value after a tick; undefined when it is not known, and then nothing is emitted. */
  readonly of: (record: DecisionRecord) => number | undefined;
};

const agents = (record: DecisionRecord): Agents | undefined =>
  record.observation.agents.kind === 'known' ? record.observation.agents.value : undefined;
const queue = ({ observation }: DecisionRecord) =>
  observation.queue.kind === 'known' ? observation.queue.value : undefined;
const whole = (condition: boolean) => (condition ? 1 : 0);

export const METRICS = {
  Ticks: { unit: 'Count', description: 'Looks at the pool', of: () => 1 },
  FailedActions: {
    unit: 'Count',
    description: 'Actions of which a step failed',
    of: ({ outcome }) => whole(outcome.kind === 'failed'),
  },
  DataMissing: {
    unit: 'Count',
    description: 'Ticks on data that was not complete, on which nothing shrinks',
    of: ({ observation }) => whole(missingData(observation) !== undefined),
  },
  MessagesVisible: { unit: 'Count', description: 'Tasks that wait', of: (record) => queue(record)?.visible },
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
  AgentsCooldown: {
    unit: 'Count',
    description: 'Agents after a task',
    of: (record) => agents(record)?.cooldown,
  },
  AgentsDraining: { unit: 'Count', description: 'Agents let go', of: (record) => agents(record)?.draining },
  AgentsSilent: { unit: 'Count', description: 'Agents not heard of', of: (record) => agents(record)?.silent },
  RecordsUnreadable: {
    unit: 'Count',
    description: 'Records of agents that could not be read',
    of: (record) => agents(record)?.unreadable,
  },
  ForecastArrivals: {
    unit: 'Count/Second',
    description: 'Tasks expected per second until new agents are ready',
    of: ({ forecast }) => forecast.arrivalsPerSecond,
  },
  ForecastSafety: {
    unit: 'None',
    description: 'How much more than the mean load is staffed: 0 on smooth traffic that meets its objective',
    of: ({ forecast }) => forecast.safety,
  },
  ObjectiveAttained: {
    unit: 'Percent',
    description: 'Share of the last thousands of tasks that started within the objective',
    of: ({ forecast }) => (forecast.attained === undefined ? undefined : 100 * forecast.attained),
  },
  CapacityNotPlaced: {
    unit: 'Count',
    description: 'Agents that ECS has not been able to start for minutes',
    of: ({ state, observation }) => notPlaced(state.overdue, observation.atMs),
  },
  BudgetUsed: {
    unit: 'Percent',
    description: "Share of the day's agent-hours that is used",
    of: ({ config, state }) => {
      const used = budgetUsed(config, state.spending);
      return used === undefined ? undefined : 100 * used;
    },
  },
  DesiredCount: {
    unit: 'Count',
    description: 'Agents that are desired',
    of: desiredAfter,
  },
  Utilization: {
    unit: 'Percent',
    description: 'Share of the agents that can take work which are busy',
    of: (record) => {
      const seen = agents(record);
      const share = seen && utilizationOf(seen);
      return share === undefined ? undefined : 100 * share;
    },
  },
  TasksCompleted: {
    unit: 'Count',
    description: 'Tasks completed in the last 5 minutes',
    of: (record) => agents(record)?.activity.completed,
  },
  TaskWork: {
    unit: 'Seconds',
    description: 'Mean work of those tasks',
    of: (record) => agents(record)?.activity.workSeconds,
  },
  TaskWait: {
    unit: 'Seconds',
    description: 'Mean wait of those tasks',
    of: (record) => agents(record)?.activity.waitSeconds,
  },
  ContextSize: {
    unit: 'Bytes',
    description: 'Mean context of those tasks',
    of: (record) => agents(record)?.activity.contextBytes,
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** Emitted by agents, when it happens. */
export const SNAPSHOTS_DAMAGED = {
  name: 'SnapshotsDamaged',
  unit: 'Count',
  description: 'Contexts of which an earlier version had to do, since a snapshot was damaged or missing',
} as const;
