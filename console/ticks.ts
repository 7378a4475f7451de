import type { DecisionView } from '../shared/views/decision-view.ts';

/**
 * A moment of a pool, for its lanes: what a tick read, expected and decided, or the means of a period. What wasn't read
 * is absent.
 */
export type Tick = {
  readonly atMs: number;
  /** Tasks per second: seen, expected, and the range in which nine of ten counts fall. */
  readonly arrivals?: number | undefined;
  readonly forecast?: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly visible?: number | undefined;
  readonly inFlight?: number | undefined;
  readonly busy?: number | undefined;
  readonly idle?: number | undefined;
  readonly starting?: number | undefined;
  readonly draining?: number | undefined;
  /** Slots that tasks use, and all of the agents that take tasks. */
  readonly slotsUsed?: number | undefined;
  readonly slots?: number | undefined;
  readonly desired?: number | undefined;
  /** What was done, if anything changed. */
  readonly change?: TickChange | undefined;
};

export type TickChange = {
  readonly kind: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly reason: string;
  /** The length of the period that it's in, in milliseconds, if its own time is unknown. */
  readonly withinMs?: number;
};

export function tickOf({ atMs, kind, from, desired, reason, read, expected, failure }: DecisionView): Tick {
  return {
    atMs,
    arrivals: expected && round(expected.arrivals),
    forecast: expected && round(expected.forecast),
    low: expected && round(expected.low),
    high: expected && round(expected.high),
    visible: read.visible,
    inFlight: read.inFlight,
    busy: read.busy,
    idle: read.idle,
    starting: read.starting,
    draining: read.draining,
    slotsUsed: read.slotsUsed,
    slots: read.slots,
    desired,
    ...((kind !== 'hold' || failure !== undefined) && {
      change: { kind: failure === undefined ? kind : 'failed', from, to: desired, reason: failure ?? reason },
    }),
  };
}

/** Four digits are more than a graph shows. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** The metrics from which the ticks of a long range are made, and their statistics. */
export const TICK_METRICS = {
  arrivals: ['ArrivalsObserved', 'Average'],
  forecast: ['ArrivalsForecast', 'Average'],
  visible: ['QueueDepth', 'Maximum'],
  inFlight: ['MessagesInFlight', 'Maximum'],
  busy: ['AgentsBusy', 'Average'],
  ready: ['AgentsReady', 'Average'],
  cooldown: ['AgentsInCooldown', 'Average'],
  starting: ['AgentsStarting', 'Average'],
  draining: ['AgentsDraining', 'Average'],
  slotsUsed: ['SlotsUsed', 'Average'],
  slots: ['SlotsTotal', 'Average'],
  desired: ['DesiredCount', 'Average'],
} as const;

type Rows = Readonly<Record<keyof typeof TICK_METRICS, ReadonlyMap<number, number>>>;

/** Ticks from the points of {@link TICK_METRICS}, each by its second. Without ticks of its own, a period has no reasons. */
export function ticksOfMetrics(rows: Rows, periodSeconds: number): readonly Tick[] {
  const seconds = [...new Set(Object.values(rows).flatMap((row) => [...row.keys()]))].sort((a, b) => a - b);
  let before: number | undefined;
  return seconds.map((at): Tick => {
    const value = (name: keyof Rows) => rows[name].get(at);
    const [ready, cooldown, desired] = [value('ready'), value('cooldown'), value('desired')];
    const to = desired === undefined ? undefined : Math.round(desired);
    const change = changeOf(before, to, 1000 * periodSeconds);
    before = to ?? before;
    return {
      atMs: at * 1000,
      arrivals: value('arrivals'),
      forecast: value('forecast'),
      visible: value('visible'),
      inFlight: value('inFlight'),
      busy: value('busy'),
      idle: ready === undefined ? undefined : ready + (cooldown ?? 0),
      starting: value('starting'),
      draining: value('draining'),
      slotsUsed: value('slotsUsed'),
      slots: value('slots'),
      desired,
      ...(change && { change }),
    };
  });
}

function changeOf(
  from: number | undefined,
  to: number | undefined,
  withinMs: number,
): TickChange | undefined {
  if (from === undefined || to === undefined || from === to) return undefined;
  const kind = to > from ? 'scale-out' : 'scale-in';
  return { kind, from, to, reason: `${from} → ${to} agents in the mean of this period`, withinMs };
}
