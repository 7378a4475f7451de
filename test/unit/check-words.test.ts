import { expect, test } from 'vitest';
import { findWords, RULES } from '../../scripts/check-words.ts';

/** A sentence or a name for each rule, and the words in it that are refused. */
const PLANTED = [
  ['An agent can not read it.', 'can not'],
  ['The scaler lets an idle agent go.', 'lets an idle agent go'],
  ['Redrive it when the cause is mended.', 'mended'],
  ['export function toldOf(task: Task) {}', 'told'],
  ['const LOOK_EVERY_MS = 500;', 'LOOK'],
  ['It answers\n   * with the keys.', 'answers with'],
  ['the decision, narrated', 'narrated'],
  ['A message that was given back.', 'given back'],
  ['an agent that is not heard of', 'not heard of'],
  ['It belongs into the core.', 'belongs into'],
  ['Whoever holds the lease acts.', 'Whoever'],
  ['an image of one’s own', 'of one’s own'],
  ['after so many seconds', 'so many'],
  ['two agents, of which one is busy', 'of which'],
  ['the tasks that wait', 'tasks that wait'],
  ['condensePool()', 'condense'],
  ['Tidies contexts.', 'Tidies'],
  ['ECS tasks that are swept', 'swept'],
  ['stopStrays()', 'Strays'],
  ['a pool at rest', 'at rest'],
  ['A silent agent is replaced.', 'silent'],
  ['paused, as ordered by an operator', 'ordered by an operator'],
  ['shows what is set', 'what is set'],
  ['the policy `chapter`', 'chapter'],
  ['the clairvoyant peer', 'clairvoyant'],
  ['safetyOf(forecast)', 'safety'],
  ['const COLOUR = 1;', 'COLOUR'],
  ['no pool "x", but a', 'no pool "x", but'],
  ['which command?', 'which command?'],
  ['in which region?', 'in which region?'],
  ['got 5, allowed: 1 to 3', 'got 5, allowed: '],
  ['Nothing has been seen of them yet.', 'Nothing has been seen'],
  ['readonly swept: readonly Swept[]', 'Swept'],
  ['await queue.takeOne()', 'takeOne'],
  ['FailedActions', 'FailedActions'],
  ['AtMaximum', 'AtMaximum'],
  ['TaskWait', 'TaskWait'],
  ['TaskWork', 'TaskWork'],
  ['MessagesVisible', 'MessagesVisible'],
  ['AgentsSilent', 'AgentsSilent'],
  ['SafetyStaffing', 'SafetyStaffing'],
  ['AgentsCooldown', 'AgentsCooldown'],
  ['ContextBytesSaved', 'ContextBytesSaved'],
  ['NoAgentToLetGo', 'NoAgentToLetGo'],
] as const;

test.each(PLANTED)('%j is refused, with what to say', (text, words) => {
  const found = findWords(`A clean line.\n  ${text}`);
  const column = 3 + text.indexOf(words.split(' ')[0] ?? '');
  expect(found).toContainEqual({
    line: 2,
    column,
    words,
    rule: expect.objectContaining({ say: expect.any(String) }),
  });
});

test('every rule has a planted violation', () => {
  const broken = new Set(PLANTED.flatMap(([text]) => findWords(text)).map(({ rule }) => rule));
  expect(RULES.filter((rule) => !broken.has(rule)).map(({ pattern }) => pattern.source)).toEqual([]);
});

test.each([
  'The scaler drains an idle agent, and the reconciler closes its record.',
  'Colors tell the lines apart. A VPC is looked up in the account; Vpc.fromLookup() does it.',
  'npm run demo --silent fails silently.',
  'Contexts are encrypted at rest. TypeScript adds type safety. A parameter sweep finds the setting.',
  'TicksAtMaximum, ApproximateNumberOfMessagesVisible, waitForTask and contextBytesWritten are fine.',
  'It has a process of its own, and so many that nobody counts them.',
])('%j passes', (text) => {
  expect(findWords(text)).toEqual([]);
});
