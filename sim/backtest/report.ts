import { readFile, writeFile } from 'node:fs/promises';
import { markdownTable } from 'markdown-table';
import { meets, type PolicyResult } from './candidates.ts';
import type { Model } from './model.ts';

/** What a backtest gives, as it is printed with `--json`. */
export type TraceResult = {
  readonly trace: string;
  readonly tasks: number;
  readonly policies: readonly PolicyResult[];
};

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
  'launches',
  'actions',
  '',
];

/** The results as Markdown, a table for each trace, the cheapest that meets the objective first. */
export function reportOf(traces: readonly TraceResult[], { config, startupSeconds }: Model): string {
  const { percent, withinSeconds } = config.objective;
  const tables = traces.map(({ trace, tasks, policies }) => {
    const rows = rank(policies, percent).map((result) => row(result, percent));
    const title = `**${trace}**: ${tasks.toLocaleString('en')} tasks, ${percent} % within ${withinSeconds} s, start-up ${startupSeconds} s`;
    return `${title}\n\n${markdownTable([HEADER, ...rows], { align: ['l', ...HEADER.slice(1).map(() => 'r')] })}\n`;
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

function row(result: PolicyResult, percent: number): string[] {
  const { policy, setting, within, worstHourWithin, queueWaitSeconds, paidPerBusy, launches, actions } =
    result;
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const seconds = (value: number) => value.toFixed(1);
  return [
    policy,
    setting === null ? '' : String(setting),
    share(within),
    share(worstHourWithin),
    seconds(queueWaitSeconds.p50),
    seconds(queueWaitSeconds.p95),
    seconds(queueWaitSeconds.p99),
    seconds(queueWaitSeconds.max),
    paidPerBusy.toFixed(3),
    launches.toLocaleString('en'),
    actions.toLocaleString('en'),
    meets(result, percent) ? '' : 'missed',
  ];
}

const END = '<!-- /backtest -->';

/** Puts a report between its markers in a Markdown file. @throws Error when the file has no such markers. */
export async function writeReport(file: string, of: 'recorded' | 'made', report: string): Promise<void> {
  const begin = `<!-- backtest of ${of} traces -->`;
  const text = await readFile(file, 'utf8');
  const at = text.indexOf(begin);
  const end = text.indexOf(END, at);
  if (at < 0 || end < 0) throw new Error(`${file} has no ${begin} … ${END}`);
  await writeFile(file, `${text.slice(0, at)}${begin}\n\n${report}\n${text.slice(end)}`);
}
