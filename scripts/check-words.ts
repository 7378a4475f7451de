/**
 * Fails when code, comments, docs or messages use a word that the glossary replaces (docs/glossary.md). Reports each
 * finding as `file:line:column: "word": say …`. `npm run lint` runs it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Rule = {
  /** Matches the refused words in the text of a file. */
  readonly pattern: RegExp;
  readonly say: string;
  /** Phrases in which the words are fine. They have to contain the match. */
  readonly unless?: RegExp;
};

export type Finding = {
  readonly line: number;
  readonly column: number;
  readonly words: string;
  readonly rule: Rule;
};

/** Files in which some refused words are fine: those that match `words`, or all. */
type Allowance = { readonly path: RegExp; readonly words?: RegExp; readonly why: string };

const CHECKED = /\.(ts|tsx|mjs|cjs|md|svg|css|html|json|grit)$|Dockerfile$|^\.ci\//;

const ALLOWED: readonly Allowance[] = [
  {
    path: /^(docs\/glossary\.md|scripts\/check-words\.ts)$/,
    why: 'they define the refused words',
  },
  { path: /^test\/unit\/check-words\.test\.ts$/, why: 'it plants them' },
  { path: /^package-lock\.json$|\/data\//, why: 'not our text' },
];

/** Between two words: spaces, or a line break inside a comment or a paragraph. */
const GAP = String.raw`(?:[ \t]+|\s*\n[\s*/>]*)`;

/** The words of a text on their own or as parts of an identifier: `told` is in `toldOf`, `TOLD_MS` and `hasTold`. */
function words(text: string): RegExp {
  const source = text.replaceAll(' ', GAP);
  return new RegExp(`(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?i:${source})(?![a-z]|(?<=[A-Z])[A-Z])`, 'g');
}

/** Names that are written exactly like this. */
function names(...list: readonly string[]): RegExp {
  return new RegExp(`(?<![A-Za-z])(?:${list.join('|')})(?![a-z])`, 'g');
}

export const RULES: readonly Rule[] = [
  // Verbs and phrases.
  { pattern: words('can not'), say: 'cannot, or can’t' },
  {
    pattern: words(String.raw`let(?:s|ting)?(?: [\w’']+){0,3}? go(?:es)?`),
    say: 'drain, scale in or remove',
    unless: words(String.raw`let(?:s|ting)?(?: \w+){0,3} go (?:wrong|on|through|ahead)`),
  },
  { pattern: words('mend(?:s|ed|ing)?'), say: 'fix or repair' },
  {
    pattern: words('tell(?:s|ing)?|told'),
    say: 'report, show, emit, record or return',
    unless: words(String.raw`(?:tell|tells|telling|told)(?: [\w’']+){0,4}? apart`),
  },
  {
    pattern: words('look(?:s|ed|ing)?'),
    say: 'tick (of the scaler), or read, observe or sample',
    unless: words(String.raw`look(?:s|ed|ing)?(?: \w+){0,2}? (?:up|like|for|ahead)`),
  },
  { pattern: words('answer(?:s|ed|ing)? with'), say: 'returns' },
  { pattern: words('narrat(?:e|es|ed|ing|ion)'), say: 'view (of a decision or a task)' },
  {
    pattern: words(String.raw`g(?:ive|ives|iving|iven|ave)(?: \w+){0,2}? ?back`),
    say: 'return to the queue',
  },
  { pattern: words(String.raw`(?:not|never|nothing)(?: \w+)? heard of`), say: 'unresponsive' },
  { pattern: words('belongs? into'), say: 'belongs in' },
  { pattern: words('whoever'), say: 'any process that, the caller, or the operator' },
  { pattern: words("of one['’]s own"), say: 'your own' },
  { pattern: words('so many'), say: 'a number, or several', unless: words('so many that') },
  { pattern: words('of which'), say: 'two sentences, or whose' },
  { pattern: words('tasks? that waits?'), say: 'queued tasks' },
  // Things.
  { pattern: words('condens(?:e|es|ed|er|ing|ation)'), say: 'compact, compaction or compactor' },
  { pattern: words('tid(?:y|ies|ied|ying)'), say: 'compact' },
  {
    pattern: words('swe(?:pt|ep|eps|eping)'),
    say: 'reap (ECS tasks), or collect garbage (contexts)',
    unless: words('parameter sweeps?'),
  },
  { pattern: words('strays?'), say: 'ECS tasks that no live agent runs in' },
  {
    pattern: words('at rest'),
    say: 'idle',
    unless: words(String.raw`encrypt(?:ed|ion|s)?(?: \w+)? at rest`),
  },
  {
    pattern: words('silent'),
    say: 'unresponsive',
    unless: /--silent|log[lL]evel[:=] ?'?silent/g,
  },
  {
    pattern: words(
      'ordered by (?:an |the )?operators?|who ordered|was ordered|orders? of (?:an |the )?operators?',
    ),
    say: 'override (of an operator)',
  },
  { pattern: words('what is set'), say: 'the settings, or the override' },
  { pattern: words('chapters?'), say: 'one-step' },
  { pattern: words('clairvoyan(?:t|ce)'), say: 'oracle' },
  { pattern: words('safety'), say: 'staffing margin, or data quality', unless: words('type safety') },
  {
    pattern: words('(?:colou|behaviou|favou|honou)r(?:s|ed|ing)?|grey|analyse[sd]?'),
    say: 'the American spelling',
  },
  // Messages.
  { pattern: /\bno pool "[^"]*", but\b/g, say: 'unknown pool "x" (pools: a, b)' },
  { pattern: /\bwhich command\?/g, say: 'missing command' },
  { pattern: /\bin which region\?/g, say: 'no AWS region set' },
  { pattern: /\bgot [^\n]{1,80}?, allowed: /g, say: 'invalid value …: expected …' },
  { pattern: /\b[Nn]othing has been seen\b/g, say: 'no data yet' },
  // Names in code, metrics and alarms.
  { pattern: names('Swept', 'Sight'), say: 'reaped, snapshot or sample' },
  {
    pattern: names('takeOne', 'pulse', String.raw`stop\.because`),
    say: 'pollOnce, heartbeatLoop, shutdown.request',
  },
  { pattern: names('FailedActions'), say: 'ActionsFailed' },
  { pattern: names('AtMaximum'), say: 'TicksAtMaximum' },
  { pattern: names('TaskWait'), say: 'TaskQueueTime' },
  { pattern: names('TaskWork'), say: 'TaskDuration' },
  { pattern: names('MessagesVisible'), say: 'QueueDepth' },
  { pattern: names('AgentsSilent'), say: 'AgentsUnresponsive' },
  { pattern: names('SafetyStaffing'), say: 'StaffingMargin' },
  { pattern: names('AgentsCooldown'), say: 'AgentsInCooldown' },
  {
    pattern: names('ContextBytesWritten', 'ContextBytesSaved'),
    say: 'SnapshotBytesWritten, SnapshotBytesSaved',
  },
  { pattern: names('NoAgentToLetGo'), say: 'NoIdleAgent' },
];

/** The refused words in a file's text, in the order of {@link RULES}. */
export function findWords(text: string): readonly Finding[] {
  return RULES.flatMap((rule) => {
    const fine = rule.unless ? [...text.matchAll(rule.unless)] : [];
    return [...text.matchAll(rule.pattern)]
      .filter(({ index, 0: found }) => !fine.some((phrase) => contains(phrase, index, found.length)))
      .map(({ index, 0: found }) => {
        const before = text.slice(0, index).split('\n');
        return {
          line: before.length,
          column: (before.at(-1)?.length ?? 0) + 1,
          words: found.replace(/\s*\n[\s*/>]*/g, ' '),
          rule,
        };
      });
  });
}

function contains(phrase: RegExpExecArray, index: number, length: number): boolean {
  return phrase.index <= index && index + length <= phrase.index + phrase[0].length;
}

function main(): number {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((path) => CHECKED.test(path));
  let failures = 0;
  for (const path of new Set(files)) {
    const allowances = ALLOWED.filter((allowance) => allowance.path.test(path));
    if (!existsSync(join(root, path)) || allowances.some((allowance) => allowance.words === undefined))
      continue;
    for (const { line, column, words: found, rule } of findWords(readFileSync(join(root, path), 'utf8'))) {
      if (allowances.some((allowance) => allowance.words?.test(found))) continue;
      failures += 1;
      console.error(`${path}:${line}:${column}: "${found}": say ${rule.say}`);
    }
  }
  if (failures > 0) console.error(`\n${failures} refused word(s); docs/glossary.md has the words to use`);
  return failures > 0 ? 1 : 0;
}

if (import.meta.main) process.exit(main());
