import { createInterface } from 'node:readline/promises';
import type { DeadLetter } from '../../shared/aws/dead-letters.ts';
import { CliError, EXIT, table } from '../answer.ts';
import { command } from '../command.ts';
import { findPool } from '../stack.ts';
import { timestamp } from '../time.ts';

/** So many are looked at, in one go. */
const AT_MOST = 1_000;

export const dead = command({
  command: 'dead <action> <pool> [task]',
  describe: 'tasks that were given up: list, show, redrive or drop',
  examples: [
    ['dead list support', 'which, and why'],
    ['dead show support 0b2f5c1e', 'one whole, as it was sent'],
    ['dead redrive support', 'try all of them again, once the cause is mended'],
    ['dead drop support 0b2f5c1e --yes', 'forget one'],
  ],
  positionals: ['action', 'pool', 'task'],
  options: {
    action: {
      type: 'string',
      demandOption: true,
      choices: ['list', 'show', 'redrive', 'drop'],
      describe: 'what to do',
    },
    pool: { type: 'string', demandOption: true, describe: 'the pool' },
    task: { type: 'string', describe: 'one task instead of all: its id, or how that begins' },
    yes: { type: 'boolean', default: false, describe: 'drop without asking' },
  },
  async run({ action, pool: name, task, yes, json, ...stack }) {
    const { deadLetters } = await findPool({ ...stack }, name);
    const { letters, of } = await deadLetters.take(AT_MOST);
    const gone = new Set<DeadLetter>();
    try {
      const chosen = letters.filter((letter) => task === undefined || idOf(letter).startsWith(task));
      if (task !== undefined && chosen.length === 0)
        throw new CliError(`the dead-letter queue of ${name} has no task ${task}`, EXIT.notFound);
      switch (action) {
        case 'list':
          return list(chosen, of);
        case 'show':
          return {
            text: chosen.map(show).join('\n\n') || 'the dead-letter queue is empty',
            value: chosen.map(told),
          };
        case 'redrive':
          for (const letter of chosen) if (await deadLetters.redrive(letter)) gone.add(letter);
          return redriven(chosen, gone);
        default:
          if (!yes && chosen.length > 0 && !(await isMeant(chosen.length, json)))
            return { text: 'nothing was dropped', value: { dropped: 0 } };
          for (const letter of chosen) {
            await deadLetters.drop(letter);
            gone.add(letter);
          }
          return { text: `${gone.size} dropped`, value: { dropped: gone.size } };
      }
    } finally {
      await Promise.all(
        letters.filter((letter) => !gone.has(letter)).map((letter) => deadLetters.giveBack(letter)),
      );
    }
  },
});

function idOf({ taskId, messageId }: DeadLetter): string {
  return taskId ?? messageId;
}

/** Without what only this process can use. */
function told({ receiptHandle: _, ...letter }: DeadLetter) {
  return letter;
}

function list(letters: readonly DeadLetter[], of: number) {
  const hidden = of - letters.length;
  const text = [
    letters.length === 0
      ? 'the dead-letter queue is empty'
      : table(
          ['task', 'since', 'context', 'why'],
          letters.map((letter) => [
            idOf(letter),
            timestamp(letter.sentAtMs),
            letter.contextId,
            letter.reason.split('\n')[0],
          ]),
        ),
    ...(hidden > 0 && letters.length > 0 ? [`${hidden} more wait behind these in their conversations`] : []),
  ];
  return { text: text.join('\n\n'), value: letters.map(told) };
}

function show(letter: DeadLetter): string {
  return [`${idOf(letter)}, since ${timestamp(letter.sentAtMs)}`, letter.reason, letter.body].join('\n');
}

function redriven(letters: readonly DeadLetter[], gone: ReadonlySet<DeadLetter>) {
  const refused = letters.filter((letter) => !gone.has(letter)).map(idOf);
  const left =
    refused.length > 0
      ? `; ${refused.length} are no tasks of this pool and would be refused again: ${refused.join(', ')}`
      : '';
  return {
    text: `${gone.size} tasks are queued again${left}`,
    value: { redriven: [...gone].map(idOf), refused },
    ...(refused.length > 0 && { exitCode: EXIT.failed }),
  };
}

/** A script has to say `--yes`: it cannot be asked. */
async function isMeant(count: number, json: boolean): Promise<boolean> {
  if (!process.stdin.isTTY || json) throw new CliError(`${count} tasks would be lost: add --yes`, EXIT.usage);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Forget ${count} tasks for good? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
