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
    [
      'paid',
      `${summary.agentSecondsPaid} agent-seconds until the last task ended, ${summary.agentSecondsBusy} of them busy (${percent(busyShare(summary))})`,
    ],
    ['contexts', `${kib(summary.contextBytesWritten)} written, ${kib(summary.contextBytesRead)} read`],
  ];
  return rows.map(([title, text]) => hanging(title.padEnd(11), text, columns)).join('\n');
}

/** Formats what others would have paid, as a table of 52 columns between two sentences. */
export function comparisonLines({ comparison, startupSeconds, objective }: Report, columns: number): string {
  if (comparison.kind === 'skipped') {
    return hanging('', `Not compared with other ways of scaling: ${comparison.reason}.`, columns);
  }
  const intro = `The same tasks, simulated: agents take ${startupSeconds} s to start as measured, and no turn waits for an earlier one.`;
  const header = row('', 'paid', 'busy', `within ${seconds(objective)}`);
  const lines = comparison.simulated.map((each) =>
    row(nameOf(each), each.agentSecondsPaid.toFixed(0), percent(each.busyShare), percent(each.inTimeShare)),
  );
  const footer = 'The constant fleet and KEDA have the setting that is the best in hindsight.';
  return [hanging('', intro, columns), header, ...lines, hanging('', footer, columns)].join('\n');
}

function row(name: string, paid: string, busy: string, inTime: string): string {
  return `${name.padEnd(24)}${paid.padStart(6)}${busy.padStart(8)}${inTime.padStart(14)}`;
}

function nameOf({ policy, setting }: Simulated): string {
  if (policy === 'default') return 'agentpool';
  return policy === 'static' ? `constant fleet of ${setting}` : `KEDA, ${setting} tasks/agent`;
}

function busyShare({ agentSecondsPaid, agentSecondsBusy }: Summary): number {
  return agentSecondsPaid === 0 ? 0 : agentSecondsBusy / agentSecondsPaid;
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
