import { markdownTable } from 'markdown-table';
import { limitText } from '../../shared/core/pool/provider-limit.ts';
import { meets, type PolicyResult } from './candidates.ts';
import { compare, dollarsPerMonth, type TraceResult } from './compare.ts';
import type { Model } from './model.ts';

const HEADER = [
  'policy',
  'setting',
  'in time',
  'worst hour',
  'wait p50',
  'p95',
  'p99',
  'max',
  'paid/busy',
  'gap closed',
  '$ a month',
  'launches',
  'actions',
  '',
];

const THROUGHPUT = ['agent-seconds', 'completed/min', 'refused calls'];

function throughput({ paidSeconds, completedPerMinute, refusedCalls }: PolicyResult): string[] {
  return [
    Math.round(paidSeconds).toLocaleString('en'),
    completedPerMinute.toFixed(1),
    refusedCalls.toLocaleString('en'),
  ];
}

/** The results as Markdown, a table for each trace, the cheapest that meets the objective first. */
export function tablesOf(traces: readonly TraceResult[], { config, startupSeconds, limit }: Model): string {
  const { percent, withinSeconds } = config.objective;
  const tables = traces.map((trace) => {
    const ranked = rank(trace.policies, percent);
    const rows = ranked.map((result) => [
      ...row(result, trace, percent),
      ...(limit ? throughput(result) : []),
    ]);
    const title = `**${trace.trace}**: ${trace.tasks.toLocaleString('en')} tasks, ${percent} % within ${withinSeconds} s, start-up ${startupSeconds} s${limit ? `, ${limitText(limit)}` : ''}`;
    return `${title}\n\n${table(limit ? [...HEADER, ...THROUGHPUT] : HEADER, rows)}`;
  });
  return tables.join('\n');
}

function rank(policies: readonly PolicyResult[], percent: number): readonly PolicyResult[] {
  return policies.toSorted(
    (a, b) =>
      Number(meets(b, percent)) - Number(meets(a, percent)) ||
      (meets(a, percent) ? a.paidPerBusy - b.paidPerBusy : b.within - a.within),
  );
}

function row(result: PolicyResult, trace: TraceResult, percent: number): string[] {
  const { policy, kind, within, worstHourWithin, queueWaitSeconds, paidPerBusy, launches, actions } = result;
  const seconds = (value: number) => value.toFixed(1);
  return [
    policy,
    settingOf(result),
    share(within),
    share(worstHourWithin),
    seconds(queueWaitSeconds.p50),
    seconds(queueWaitSeconds.p95),
    seconds(queueWaitSeconds.p99),
    seconds(queueWaitSeconds.max),
    paidPerBusy.toFixed(3),
    kind === 'own' ? percentOf(compare(result, trace, percent).gapClosed) : '',
    dollars(dollarsPerMonth(result, trace)),
    launches.toLocaleString('en'),
    actions.toLocaleString('en'),
    meets(result, percent) ? '' : 'missed',
  ];
}

export function settingOf({ setting, atEdge }: PolicyResult): string {
  if (setting === null) return '';
  return atEdge ? `${setting} (edge)` : String(setting);
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${markdownTable([header, ...rows], { align: ['l', ...header.slice(1).map(() => 'r')] })}\n`;
}

export function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

export function percentOf(gap: number | undefined): string {
  return gap === undefined ? '–' : `${(100 * gap).toFixed(0)} %`;
}

export function dollars(value: number): string {
  return value.toFixed(2);
}
