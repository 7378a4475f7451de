import type { DeadLetter } from '../../shared/aws/dead-letters.ts';
import type { StoredValue } from '../../shared/core/pool/task-record.ts';
import { parseMessage } from '../../shared/tasks/message.ts';
import { command } from '../command.ts';
import { isConfirmed } from '../confirm.ts';
import { CliError, countOf, EXIT } from '../result.ts';
import { findPool } from '../stack.ts';
import { table } from '../table.ts';
import { timestamp } from '../time.ts';

/** Dead letters that one command handles at most. */
const AT_MOST = 1_000;

export const dead = command({
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
          return list(chosen, { of, pool: name });
        case 'show':
          return {
            text: chosen.map((letter) => show(letter, name)).join('\n\n') || nothingSeen(of),
            value: chosen.map((letter) => view(letter, name)),
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

/** A dead letter for people and other programs: the task as it was sent, and what SQS knows of its message. */
function view(letter: DeadLetter, pool: string) {
  const { messageId, sentAtMs, reason, body } = letter;
  const parsed = parseMessage(letter, pool);
  const sent = parsed.kind === 'task' ? payloadOf(parsed.task.payload) : { body };
  const { taskId, contextId } = letter;
  return {
    ...(taskId !== undefined && { taskId }),
    ...(contextId !== undefined && { contextId }),
    reason,
    deadSinceMs: sentAtMs,
    messageId,
    ...sent,
  };
}

/** A large one is in S3. */
function payloadOf(payload: StoredValue) {
  return payload.kind === 'inline'
    ? { payload: JSON.parse(payload.json) as unknown }
    : { payloadKey: payload.key, payloadBytes: payload.bytes };
}

function list(letters: readonly DeadLetter[], { of, pool }: { readonly of: number; readonly pool: string }) {
  const hidden = of - letters.length;
  const listed = table(
    ['task', 'since', 'context', 'reason'],
    letters.map((letter) => [
      idOf(letter),
      timestamp(letter.sentAtMs),
      letter.contextId,
      letter.reason.split('\n')[0],
    ]),
  );
  const blocked = hidden > 0 ? `\n\n${hidden} more are blocked by these in their conversations` : '';
  return {
    text: letters.length === 0 ? nothingSeen(of) : (width: number) => `${listed(width)}${blocked}`,
    value: letters.map((letter) => view(letter, pool)),
  };
}

/** "None" is something else than "none that can be seen now". */
function nothingSeen(of: number): string {
  return of === 0 ? 'the dead-letter queue is empty' : hiddenNow(of);
}

function hiddenNow(count: number): string {
  return `${count} more can't be seen now: another command has them, or had them when it was stopped. Try again in five minutes`;
}

function show(letter: DeadLetter, pool: string): string {
  const { taskId: _task, messageId: _message, reason, deadSinceMs, ...sent } = view(letter, pool);
  return [`${idOf(letter)}, since ${timestamp(deadSinceMs)}`, reason, JSON.stringify(sent, null, 2)].join(
    '\n',
  );
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
