import type { Mutation } from './mutation.ts';

/** The tests that find them. */
export const SCENARIOS = [
  'test/langgraph/retention.test.ts',
  'test/simulation/deliveries.test.ts',
  'test/simulation/replaced-agents.test.ts',
  'test/simulation/long-tasks.test.ts',
  'test/simulation/not-now.test.ts',
  'test/unit/blocked.test.ts',
  'test/unit/client.test.ts',
  'test/unit/codec.test.ts',
  'test/unit/compact.test.ts',
  'test/unit/compaction-runs.test.ts',
  'test/unit/decide.test.ts',
  'test/unit/guards.test.ts',
  'test/unit/id.test.ts',
  'test/unit/limits.test.ts',
  'test/unit/live.test.ts',
];

/** Bugs in judgement, which show on traffic of some kind or after a long time: the scenarios find each. */
export const BEHIND_THE_SCENARIOS: readonly Mutation[] = [
  {
    name: 'agents launched before a deployment that keeps the revision count as new',
    file: 'shared/core/summarize-agents.ts',
    of: ' || launchedAtMs < deployedAtMs',
    to: '',
  },
  {
    name: 'agents on an instance that drains stay there',
    file: 'shared/core/summarize-agents.ts',
    of: ' || leaving.includes(id)',
    to: '',
  },
  {
    name: 'long tasks wait behind the agents that a forecast of short ones leaves',
    isQuick: true,
    file: 'shared/core/policies/overdue.ts',
    of: '  if (lately === undefined || waiting === 0) {',
    to: '  if (lately === undefined || waiting >= 0) {',
  },
  {
    name: 'attempts that fail are no load',
    file: 'shared/core/forecast/sample.ts',
    of: 'ended: completed + givenUp, busyMs: durationMs + failedMs',
    to: 'ended: completed, busyMs: durationMs + 0 * failedMs * givenUp',
  },
  {
    name: 'one tick is evidence that messages are blocked',
    isQuick: true,
    file: 'shared/core/blocked.ts',
    of: 'const TICKS = 3;',
    to: 'const TICKS = 1;',
    and: {
      of: 'visible: [queue.visible], count: 0 }',
      to: 'visible: [queue.visible], count: queue.visible }',
    },
  },
  {
    name: 'a pool without a fleet reading makes no decision',
    file: 'shared/core/policies/policy.ts',
    of: 'const missing = needs.find((part) => situation[part] === undefined);',
    to: "const missing = situation.agents && situation.queue ? undefined : (needs[0] ?? 'queue');",
  },
  {
    name: 'what is learned leaves the range of the store',
    file: 'shared/core/forecast/codec.ts',
    of: 'const NEGLIGIBLE = 1e-12;',
    to: 'const NEGLIGIBLE = 0;',
  },
  {
    name: 'a pool claims under a ceiling what its own maximum forbids',
    file: 'shared/core/guards/apply.ts',
    of: 'BOUNDS.filter((bound) => bound !== ceiling),',
    to: '[],',
  },
  {
    name: 'what was under way when the scaler went away counts as evidence',
    file: 'shared/core/forecast/forecaster.ts',
    of: 'const GAP_SECONDS = 300;',
    to: 'const GAP_SECONDS = 3e9;',
  },
  {
    name: 'a LangGraph thread forgets what a DeltaChannel needs of older checkpoints',
    file: 'agent/langgraph/retention.ts',
    of: 'if (history.size > 0) histories',
    to: 'if (history.size > 100) histories',
  },
  {
    name: 'a subgraph that was interrupted is forgotten',
    file: 'agent/langgraph/retention.ts',
    of: 'return ids.length === 0 || id >= (ids.at(-1) as string);',
    to: 'return ids.length === 0 || id > (ids.at(-1) as string);',
  },
  {
    name: 'a link may say that it unpacks to any size',
    file: 'shared/contexts/limits.ts',
    of: '  if (plainBytes > MAX_VALUE_BYTES)\n    throw new RangeError',
    to: '  if (plainBytes < 0)\n    throw new RangeError',
  },
  {
    name: 'a record is discarded although its task may have been sent',
    file: 'shared/tasks/client.ts',
    of: 'isCertain && created.has(id)',
    to: 'created.has(id)',
  },
  {
    name: 'a task that cannot run now uses up an attempt',
    file: 'agent/commit.ts',
    of: 'if (leftSeconds <= 0)',
    to: 'if (leftSeconds !== 0)',
  },
  {
    name: 'a second delivery takes a task from an agent at work on it',
    file: 'shared/tasks/delivery.ts',
    of: '  if (other && isWorkingOn(',
    to: '  if (other && nowMs < 0 && isWorkingOn(',
  },
  {
    name: 'a merged chain is forgotten while an agent goes on from it',
    file: 'shared/contexts/merge-chain.ts',
    of: 'rebase({ ...found.head, chain, previous })',
    to: 'rebase({ ...found.head, chain, ...(previous && {}) })',
  },
  {
    name: 'garbage collection deletes what was just written',
    file: 'shared/contexts/collect-garbage.ts',
    of: 'unneededObjects.filter(({ writtenAtMs }) => nowMs - writtenAtMs > GRACE_MS)',
    to: 'unneededObjects.filter(({ writtenAtMs }) => nowMs >= writtenAtMs)',
  },
  {
    name: 'two IDs share a key',
    file: 'shared/core/pool/id.ts',
    of: '/^[_.:-]|[^A-Za-z0-9_.:-]/gu',
    to: '/^[_.:-]|[^A-Za-z0-9_.:!-]/gu',
  },
  {
    name: 'the console misses a decision that is recorded late',
    file: 'console/new-decisions.ts',
    of: 'fromMs: readMs - LATE_MS',
    to: 'fromMs: readMs',
  },
];
