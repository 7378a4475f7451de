import type { Arrival } from '../../shared/tasks/trace.ts';
import { AGENT_HOUR, CONTROL_PLANE_MONTH, MONTH_HOURS } from '../prices.ts';
import { meets, type PolicyResult } from './candidates.ts';

/** What a backtest gives for a trace. */
export type TraceResult = {
  readonly trace: string;
  readonly tasks: number;
  /** From its beginning to the end of its last task, were every task begun at once. */
  readonly seconds: number;
  readonly policies: readonly PolicyResult[];
};

/** How long a trace is: to the end of its last task, were every task begun at once. */
export function secondsOf(tasks: readonly Arrival[]): number {
  return tasks.reduce(
    (last, { atSeconds, durationSeconds }) => Math.max(last, atSeconds + durationSeconds),
    0,
  );
}

/** A policy of the project's own beside the cheapest peer and the oracle. */
export type Comparison = {
  readonly ours: PolicyResult;
  /** The cheapest peer that meets the objective. */
  readonly peer: PolicyResult | undefined;
  readonly oracle: PolicyResult | undefined;
  /** How much of the way from the peer's cost to the oracle's ours is; undefined where one of them misses. */
  readonly gapClosed: number | undefined;
};

export function compare(ours: PolicyResult, { policies }: TraceResult, percent: number): Comparison {
  const meeting = policies.filter((result) => meets(result, percent));
  const oracle = meeting.find(({ policy }) => policy === 'oracle');
  const [peer] = meeting
    .filter(({ kind }) => kind === 'peer')
    .toSorted((a, b) => a.paidPerBusy - b.paidPerBusy);
  const gap = peer && oracle ? peer.paidPerBusy - oracle.paidPerBusy : 0;
  const gapClosed =
    peer && gap > 0 && meets(ours, percent) ? (peer.paidPerBusy - ours.paidPerBusy) / gap : undefined;
  return { ours, peer, oracle, gapClosed };
}

/** What the agents of a run cost at list price, were its traffic to go on all month. */
export function dollarsPerMonth({ paidSeconds }: PolicyResult, { seconds }: TraceResult): number {
  return (paidSeconds / seconds) * MONTH_HOURS * AGENT_HOUR;
}

/** The mean of the values that are defined; undefined when none is. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === 0 ? undefined : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** What is printed with `--json`. */
export function documentOf(traces: readonly TraceResult[], percent: number) {
  const detailed = traces.map((trace) => ({
    ...trace,
    policies: trace.policies.map((result) => ({
      ...result,
      dollarsPerMonth: dollarsPerMonth(result, trace),
      ...(result.kind === 'own' && { gapClosed: compare(result, trace, percent).gapClosed ?? null }),
    })),
  }));
  const own = detailed.flatMap(({ policies }) => policies.filter(({ kind }) => kind === 'own'));
  const meanGapClosed = Object.fromEntries(
    own.map(({ policy }) => {
      const gaps = own
        .filter((result) => result.policy === policy)
        .map(({ gapClosed }) => gapClosed ?? undefined);
      return [policy, meanOf(gaps) ?? null];
    }),
  );
  return { traces: detailed, meanGapClosed, controlPlaneDollarsPerMonth: CONTROL_PLANE_MONTH };
}
