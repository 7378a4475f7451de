import type { Summary } from './accounts.ts';
import type { Comparison, Simulated } from './comparison.ts';
import { hanging } from './hanging.ts';

/** What `--json` prints: a run, and what others would have paid for it. */
export type Report = Summary & { readonly comparison: Comparison };

/** Formats a run for people, wrapped to `columns`. */
export function summaryLines(summary: Summary, columns: number): string {
  const { queueWaitSeconds: wait, objective } = summary;
  const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  const rows: readonly (readonly [string, string])[] = [
    [
      'tasks',
      `${summary.sent} sent, ${summary.completed} completed, ${summary.failed} failed, ${summary.lost} lost, ${summary.duplicated} run twice`,
    ],
    [
      'queue wait',
      `p50 ${wait.p50} s, p95 ${wait.p95} s, max ${wait.max} s; ${percent(summary.inTimeShare)} within ${seconds(objective)} (the objective is ${objective.percent} %)`,
    ],
    [
      'agents',
      `${summary.agentsStarted} started, ${summary.agentsStopped} scaled in, ${summary.busyStopped} of them busy`,
    ],
    ['paid', paidFor(summary)],
    ['contexts', `${kib(summary.contextBytesWritten)} written, ${kib(summary.contextBytesRead)} read`],
  ];
  return rows.map(([title, text]) => hanging(title.padEnd(11), text, columns)).join('\n');
}

/** Formats what others would have paid, as a table of 52 columns between two sentences. */
export function comparisonLines(report: Report, columns: number): string {
  const { comparison, startupSeconds, objective, concurrency } = report;
  if (comparison.kind === 'skipped') {
    return hanging('', `Not compared with other ways of scaling: ${comparison.reason}.`, columns);
  }
  const slots = concurrency === 1 ? '' : ` have ${concurrency} slots,`;
  const intro = `The same tasks, simulated: agents${slots} take ${startupSeconds} s to start as measured, and no turn waits for an earlier one.`;
  const header = row('', 'paid', concurrency === 1 ? 'busy' : 'used', `within ${seconds(objective)}`);
  const lines = comparison.simulated.map((each) =>
    row(
      nameOf(each, concurrency),
      each.agentSecondsPaid.toFixed(0),
      percent(each.usedShare),
      percent(each.inTimeShare),
    ),
  );
  const footer = 'The constant fleet and KEDA have the setting that is the best in hindsight.';
  return [hanging('', intro, columns), header, ...lines, hanging('', footer, columns)].join('\n');
}

function row(name: string, paid: string, busy: string, inTime: string): string {
  return `${name.padEnd(24)}${paid.padStart(6)}${busy.padStart(8)}${inTime.padStart(14)}`;
}

function nameOf({ policy, setting }: Simulated, concurrency: number): string {
  if (policy === 'default') return 'agentpool';
  return policy === 'static'
    ? `constant fleet of ${setting}`
    : `KEDA, ${setting} tasks/${concurrency === 1 ? 'agent' : 'slot'}`;
}

/** With one slot, an agent is busy as long as its slot is used. */
function paidFor({ agentSecondsPaid: paid, slotSecondsUsed: used, concurrency: slots }: Summary): string {
  const share = percent(paid === 0 ? 0 : used / (paid * slots));
  if (slots === 1) return `${paid} agent-seconds until the last task ended, ${used} of them busy (${share})`;
  return `${paid} agent-seconds of ${slots} slots until the last task ended; ${used} slot-seconds used (${share})`;
}

function seconds({ withinSeconds }: Summary['objective']): string {
  return `${Number(withinSeconds.toFixed(1))} s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** What works in a clone, each within 60 columns. */
export const NEXT_STEPS = `next steps:
  npm start                   opens the web console
  npx agentpool init my-pool/pools.config.ts
                              writes a pool of your own
  docs/how-it-decides.md      explains its decisions`;
