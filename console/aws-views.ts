import type { OpenPool } from '../shared/aws/open-pool.ts';
import type { DecisionRecord } from '../shared/core/decision-record.ts';
import { describeError } from '../shared/core/foreign-text.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { HistoryMinute } from '../shared/core/pool/history.ts';
import { lastDecision } from '../shared/ports/decision-log.ts';
import { arrivalsOfMinutes } from '../shared/tasks/trace-of-history.ts';
import { type DecisionView, viewLogged } from '../shared/views/decision-view.ts';
import { type PoolView, viewPool } from '../shared/views/pool-view.ts';
import { agentDollarsPerHour } from '../sim/prices.ts';
import type { BacktestInput, PoolNow, Source } from './source.ts';

/** The part of a source that reads through AWS clients, from AWS or from the local stack. */
export function awsViews(pools: readonly OpenPool[]): Pick<Source, 'readPools' | 'decisions'> & {
  config(pool: string): Promise<Omit<BacktestInput, 'arrivals'> | undefined>;
} {
  const named = (name: string) => pools.find(({ pool }) => pool.name === name);
  const configs = new Map<string, Known>();

  /** Read again once a minute: what an agent costs changes with a deployment only. */
  async function configOf({ pool, decisions }: OpenPool): Promise<PoolConfig | undefined> {
    const known = configs.get(pool.name);
    if (known && Date.now() - known.readMs < CONFIG_MS) return known.config;
    const last = await lastDecision(decisions);
    if (last?.kind !== 'decision') return undefined;
    const { config } = last.record;
    configs.set(pool.name, { readMs: Date.now(), config });
    return config;
  }

  async function read(pool: OpenPool): Promise<PoolNow> {
    try {
      const view = await viewPool(pool);
      const config = await configOf(pool);
      return { kind: 'read', ...view, ...(config && costOf(config, view)) };
    } catch (error) {
      return { kind: 'unreadable', name: pool.pool.name, reason: describeError(error) };
    }
  }

  return {
    readPools: () => Promise.all(pools.map(read)),

    async decisions(name, { fromMs, toMs }, atMost) {
      const views: DecisionView[] = [];
      for await (const logged of named(name)?.decisions.read({ afterMs: fromMs, untilMs: toMs }) ?? []) {
        views.push(viewLogged(name, logged));
        if (views.length === atMost) break;
      }
      return views;
    },

    async config(name) {
      const pool = named(name);
      const last = pool && (await lastDecision(pool.decisions));
      if (last?.kind !== 'decision') return undefined;
      const { config, forecast } = last.record;
      return { config, startupSeconds: forecast.startupSeconds };
    },
  };
}

/** The arrivals of a pool since a time: those of its history, and of the latest minutes, which the scaler still holds. */
export async function recordedArrivals(
  { history, decisions }: Pick<OpenPool, 'history' | 'decisions'>,
  sinceMs: number,
): Promise<Pick<BacktestInput, 'arrivals' | 'beginsAtMs' | 'endsAtSeconds'>> {
  const since = Math.floor(sinceMs / 60_000);
  const saved = await Array.fromAsync(history.minutes(since));
  const after = saved.at(-1)?.minute ?? since - 1;
  const last = await lastDecision(decisions);
  const unsaved = last?.kind === 'decision' ? unsavedMinutes(last.record) : [];
  const minutes = [...saved, ...unsaved.filter(({ minute }) => minute > after)];
  const arrivals = await Array.fromAsync(arrivalsOfMinutes(minutes));
  const [first, latest] = [minutes[0], minutes.at(-1)];
  if (!first || !latest) return { arrivals };
  const endsAtSeconds = 60 * (latest.minute + 1 - first.minute);
  return { arrivals, beginsAtMs: first.minute * 60_000, endsAtSeconds };
}

/** The history is written ten minutes at a time. Until then, they're in the scaler's memory and in agents' records. */
function unsavedMinutes({ state, observation: { agents } }: DecisionRecord): readonly HistoryMinute[] {
  const done = agents.kind === 'known' ? agents.value.minutes : [];
  return (state.forecast?.known.unsavedMinutes ?? []).map(({ minute, arrivals }) => {
    const { completed = 0, durationMs = 0 } = done.find((bucket) => bucket.minute === minute) ?? {};
    return { minute, arrivals: Math.max(0, arrivals), completed, durationMs };
  });
}

const CONFIG_MS = 60_000;

type Known = { readonly readMs: number; readonly config: PoolConfig };

/** At list price. The agents of today are taken to have cost what one of those now does in the mean. */
function costOf(
  config: PoolConfig,
  { service, decision }: PoolView,
): Pick<Extract<PoolNow, { kind: 'read' }>, 'dollarsPerHour' | 'dollarsToday'> {
  const agents = service.running + service.pending;
  const dollarsPerHour = agentDollarsPerHour(config, agents);
  const each = agentDollarsPerHour(config, Math.max(1, agents));
  const hours = decision?.expected?.agentHoursToday;
  if (dollarsPerHour === undefined || each === undefined) return {};
  return {
    dollarsPerHour,
    ...(hours !== undefined && { dollarsToday: (each / Math.max(1, agents)) * hours }),
  };
}
