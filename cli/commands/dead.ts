import type { DeadLetter } from '../../shared/aws/dead-letters.ts';
import { command } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { CliError, countOf, EXIT, table } from '../result.ts';
import { findPool } from '../stack.ts';
import { timestamp } from '../time.ts';

/** Dead letters that one command handles at most. */
const AT_MOST = 1_000;

export const dead = command({
  command: 'dead <action> <pool> [task]',
  describe: 'manage the dead-letter queue of a pool',
  examples: [
    ['dead list support', 'list the tasks with their reasons'],
    ['dead show support 0b2f5c1e', 'show one task in full, as it was sent'],
    ['dead redrive support', 'queue all tasks again, once you have fixed the cause'],
    ['dead drop support 0b2f5c1e --yes', 'delete one task'],
  ],
  positionals: ['action', 'pool', 'task'],
  options: {
    action: {
      type: 'string',
      demandOption: true,
      choices: ['list', 'show', 'redrive', 'drop'],
      describe: 'operation',
    },
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    task: { type: 'string', describe: 'ID of a task, or its first characters (default: all tasks)' },
    yes: { type: 'boolean', default: false, describe: 'drop without confirmation' },
  },
  async run({ action, pool: name, task, yes, json, ...stack }) {
    const { deadLetters } = await findPool({ ...stack }, name);
    const { letters, of } = await deadLetters.take(AT_MOST);
    const gone = new Set<DeadLetter>();
    try {
      const chosen = letters.filter((letter) => task === undefined || idOf(letter).startsWith(task));
      if (task !== undefined && chosen.length === 0) {
        const unseen =
          of > letters.length ? ` among those that can be seen; ${hiddenNow(of - letters.length)}` : '';
        throw new CliError(
          `unknown task "${task}" in the dead-letter queue of ${name}${unseen}`,
          EXIT.notFound,
        );
      }
      switch (action) {
        case 'list':
          return list(chosen, of);
        case 'show':
          return {
            text: chosen.map(show).join('\n\n') || nothingSeen(of),
            value: chosen.map(withoutReceipt),
          };
        case 'redrive':
          for (const letter of chosen) if (await deadLetters.redrive(letter)) gone.add(letter);
          return redriven(chosen, gone);
        default:
          if (!yes && chosen.length > 0 && !(await isConfirmed(`${chosen.length} tasks`, json)))
            return { text: 'no tasks dropped', value: { dropped: 0 } };
          for (const letter of chosen) {
            await deadLetters.drop(letter);
            gone.add(letter);
          }
          return { text: `${countOf(gone.size, 'task')} dropped`, value: { dropped: gone.size } };
      }
    } finally {
      await Promise.all(
        letters.filter((letter) => !gone.has(letter)).map((letter) => deadLetters.returnToQueue(letter)),
      );
    }
  },
});

function idOf({ taskId, messageId }: DeadLetter): string {
  return taskId ?? messageId;
}

/** Leaves out the receipt handle, which only this process can use. */
function withoutReceipt({ receiptHandle: _, ...letter }: DeadLetter) {
  return letter;
}

function list(letters: readonly DeadLetter[], of: number) {
  const hidden = of - letters.length;
  const text = [
    letters.length === 0
      ? nothingSeen(of)
      : table(
          ['task', 'since', 'context', 'reason'],
          letters.map((letter) => [
            idOf(letter),
            timestamp(letter.sentAtMs),
            letter.contextId,
            letter.reason.split('\n')[0],
          ]),
        ),
    ...(hidden > 0 && letters.length > 0
      ? [`${hidden} more are blocked by these in their conversations`]
      : []),
  ];
  return { text: text.join('\n\n'), value: letters.map(withoutReceipt) };
}

/** "None" is something else than "none that can be seen now". */
function nothingSeen(of: number): string {
  return of === 0 ? 'the dead-letter queue is empty' : hiddenNow(of);
}

function hiddenNow(count: number): string {
  return `${count} more can't be seen now: another command has them, or had them when it was stopped. Try again in five minutes`;
}

function show(letter: DeadLetter): string {
  return [`${idOf(letter)}, since ${timestamp(letter.sentAtMs)}`, letter.reason, letter.body].join('\n');
}

function redriven(letters: readonly DeadLetter[], gone: ReadonlySet<DeadLetter>) {
  const refused = letters.filter((letter) => !gone.has(letter)).map(idOf);
  const left =
    refused.length > 0
      ? `; ${refused.length} left in the queue, because they aren't tasks of this pool: ${refused.join(', ')}`
      : '';
  return {
    text: `${gone.size} tasks queued again${left}`,
    value: { redriven: [...gone].map(idOf), refused },
    ...(refused.length > 0 && { exitCode: EXIT.failed }),
  };
}
