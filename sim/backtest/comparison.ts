import { AGENT_HOUR, CONTROL_PLANE_MONTH, MONTH_HOURS } from '../prices.ts';
import { meets, type PolicyResult } from './candidates.ts';
import { type Comparison, compare, dollarsPerMonth, meanOf, type TraceResult } from './compare.ts';
import type { Model } from './model.ts';
import { dollars, percentOf, settingOf, share, table } from './report.ts';

type Line = Comparison & { readonly trace: TraceResult; readonly isMet: boolean };

/** How each policy of the project's own compares with the cheapest peer and with the oracle, as Markdown. */
export function comparisonOf(traces: readonly TraceResult[], { config }: Model): string {
  const results = traces.flatMap(({ policies }) => policies);
  // Without peers there's nothing to compare with.
  if (results.every(({ kind }) => kind === 'own')) return '';
  const own = results.filter(({ kind }) => kind === 'own');
  const names = [...new Set(own.map(({ policy }) => policy))];
  const tables = names.map((policy) => longTable(policy, linesOf(policy, traces, config.objective.percent)));
  if (tables.length === 0) return '';
  const prices = `Agents at list price: $${dollars(MONTH_HOURS * AGENT_HOUR)} each a month. agentpool's control plane: $${dollars(CONTROL_PLANE_MONTH)} a month for a pool at work.`;
  return [...tables, `${prices}\n`].join('\n');
}

/** The same of the default configuration, in short. */
export function summaryOf(traces: readonly TraceResult[], { config }: Model): string {
  const { percent, withinSeconds } = config.objective;
  const lines = linesOf('default', traces, percent);
  const rows = lines.map(({ trace, ours, isMet, peer, oracle, gapClosed }) => [
    trace.trace,
    inTime(ours, isMet),
    ours.paidPerBusy.toFixed(2),
    peer ? `${peer.paidPerBusy.toFixed(2)} (${peer.policy})` : without('peer', trace),
    oracle ? oracle.paidPerBusy.toFixed(2) : without('bound', trace),
    percentOf(gapClosed),
  ]);
  const header = ['', `within ${withinSeconds} s`, 'agentpool', 'cheapest peer', 'oracle', 'gap closed'];
  return table(header, [...rows, ['mean', '', '', '', '', meanGap(lines)]]);
}

function longTable(policy: string, lines: readonly Line[]): string {
  const rows = lines.map(({ trace, ours, isMet, peer, oracle, gapClosed }) => [
    trace.trace,
    inTime(ours, isMet),
    ours.paidPerBusy.toFixed(3),
    peer ? `${peer.policy} ${settingOf(peer)}: ${peer.paidPerBusy.toFixed(3)}` : without('peer', trace),
    oracle ? oracle.paidPerBusy.toFixed(3) : without('bound', trace),
    percentOf(gapClosed),
    peer ? (ours.launches / peer.launches).toFixed(2) : '',
    peer ? (ours.actions / peer.actions).toFixed(2) : '',
    dollars(dollarsPerMonth(ours, trace)),
    peer ? dollars(dollarsPerMonth(peer, trace)) : '',
  ]);
  const header = ['', 'in time', policy, 'cheapest peer', 'oracle', 'gap closed'];
  return table(
    [...header, 'launches ÷ peer’s', 'actions ÷ peer’s', '$ a month', 'peer’s $'],
    [...rows, ['mean', '', '', '', '', meanGap(lines), '', '', '', '']],
  );
}

function linesOf(policy: string, traces: readonly TraceResult[], percent: number): readonly Line[] {
  return traces.flatMap((trace) => {
    const ours = trace.policies.find((result) => result.policy === policy);
    return ours ? [{ trace, isMet: meets(ours, percent), ...compare(ours, trace, percent) }] : [];
  });
}

/** Why there's none of a kind that meets the objective. */
function without(kind: PolicyResult['kind'], { policies }: TraceResult): string {
  if (!policies.some((result) => result.kind === kind)) return 'not run';
  return kind === 'peer' ? 'all miss' : 'misses';
}

function inTime({ within }: PolicyResult, isMet: boolean): string {
  return isMet ? share(within) : `${share(within)}, missed`;
}

function meanGap(lines: readonly Line[]): string {
  const gaps = lines.map(({ gapClosed }) => gapClosed);
  const defined = gaps.filter((gap) => gap !== undefined).length;
  return `${percentOf(meanOf(gaps))} of ${defined}`;
}
