/** A bug that somebody could have written: in which file, what instead of what. */
export type Mutation = {
  readonly name: string;
  readonly file: string;
  readonly of: string;
  readonly to: string;
  /** A second line of defence, which has to fall too. */
  readonly and?: { readonly of: string; readonly to: string };
  /** Found within a few seeds: `--short` plants these only. */
  readonly isQuick?: true;
};

/** The file's text with the bug in it. @throws Error when what is to be changed is not there, or there twice. */
export function plant({ name, file, and, ...first }: Mutation, text: string): string {
  return (and ? [first, and] : [first]).reduce((before, { of, to }) => {
    if (before.split(of).length !== 2) throw new Error(`${name}: ${file} must contain once: ${of}`);
    return before.replace(of, () => to);
  }, text);
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an agent works although it was drained',
    file: 'agent/worker.ts',
    of: "  shutdown.request(instance ? 'drained' : 'lost');\n  return undefined;",
    to: '  return instance;',
  },
  {
    name: 'a message is acknowledged before the snapshot is stored',
    isQuick: true,
    file: 'agent/attempt.ts',
    of: '  const progress = progressReporter(',
    to: '  await ports.queue.acknowledge(assignment.message);\n  const progress = progressReporter(',
  },
  {
    name: 'a scaler writes although another has taken its lease',
    file: 'shared/runtime/act.ts',
    of: "if (!(await ports.store.saveState(action.lease, state))) return { kind: 'overtaken' };",
    to: 'await ports.store.saveState(action.lease, state);',
    and: { of: "if (ports.clock.now() >= action.lease.untilMs) return { kind: 'overtaken' };", to: '' },
  },
  {
    name: 'an agent that could not be drained counts as drained',
    file: 'shared/runtime/act.ts',
    of: "return result.kind === 'applied' ? result.instance : undefined;",
    to: "return result.kind === 'applied' ? result.instance : ({ id } as AgentInstance);",
  },
  {
    name: 'the desired count is lowered by more than was drained',
    file: 'shared/runtime/act.ts',
    of: 'const to = Math.max(decision.to, decision.from - drained);',
    to: 'const to = decision.to;',
  },
  {
    name: 'the pool shrinks on missing data',
    isQuick: true,
    file: 'shared/core/guards/data-quality.ts',
    of: 'if (wanted >= desired) return undefined;\n  const missing = missingData(observation);',
    to: 'if (wanted >= 0) return undefined;\n  const missing = missingData(observation);',
  },
  {
    name: 'a task runs again although its effect is stored',
    file: 'agent/attempt.ts',
    of: "  if (applied) return { kind: 'applied'",
    to: "  if (applied && context.version < 0) return { kind: 'applied'",
  },
  {
    name: 'records of unresponsive agents stay open',
    isQuick: true,
    file: 'shared/runtime/tick.ts',
    of: 'unresponsive.slice(0, TIDY_AT_MOST)',
    to: 'unresponsive.slice(0, 0)',
  },
  {
    name: 'a failed task does not reach the dead-letter queue',
    isQuick: true,
    file: 'shared/tasks/delivery.ts',
    of: '  await tasks.fail(task, clock.now(), reason);\n  await queue.deadLetter(message, reason);',
    to: '  await tasks.fail(task, clock.now(), reason);\n  await queue.acknowledge(message);',
  },
  {
    name: 'a task is completed before its snapshot is stored',
    file: 'agent/attempt.ts',
    of: '  const saved = await ports.contexts.save(',
    to: '  await ports.tasks.complete({ id: task.id, attempt: attempt.task.attempts }, { nowMs: ports.clock.now(), result, traffic: { bytesRead: 0, bytesWritten: 0 } });\n  const saved = await ports.contexts.save(',
  },
  {
    name: 'the desired count leaves its bounds',
    isQuick: true,
    file: 'shared/core/guards/limits.ts',
    of: "return change(wanted, max, 'AboveMax',",
    to: "return change(wanted, wanted, 'AboveMax',",
  },
  {
    name: 'a paused pool is changed',
    file: 'shared/core/decide.ts',
    of: '    paused(inputs, inForce) ??\n',
    to: '',
  },
  {
    name: 'an agent works without protection',
    isQuick: true,
    file: 'agent/worker.ts',
    of: 'if (await protection.protect()) {',
    to: 'if (clock.now() > 0) {',
  },
  {
    name: 'an agent sends no heartbeat',
    isQuick: true,
    file: 'agent/heartbeat-loop.ts',
    of: 'const instance = await store.heartbeat(identity.id, clock.now());',
    to: "const instance = { status: 'ready' } as { status: string };",
  },
  {
    name: 'a busy agent can be drained',
    file: 'shared/core/pool/status.ts',
    of: "drain: { from: ['ready'], to: 'draining' },",
    to: "drain: { from: ['ready', 'busy'], to: 'draining' },",
  },
  {
    name: 'a drained agent can claim a task',
    file: 'shared/core/pool/status.ts',
    of: "claim: { from: ['ready', 'cooldown'], to: 'busy' },",
    to: "claim: { from: ['ready', 'cooldown', 'draining'], to: 'busy' },",
  },
  {
    name: 'old agents stay when a new version is deployed',
    file: 'shared/core/surplus.ts',
    of: '  const surplus = Math.max(0, atWork - desired);',
    to: '  const surplus = Math.max(0, atWork - desired - 99);',
  },
  {
    name: 'ECS tasks without an agent are not reaped',
    isQuick: true,
    file: 'shared/core/reap.ts',
    of: '.slice(0, REAP_AT_MOST);',
    to: '.slice(0, 0);',
  },
  {
    name: 'an agent at work is reaped',
    file: 'shared/core/reap.ts',
    of: "if (status === 'draining' &&",
    to: "if (status !== 'ready' &&",
  },
  {
    name: 'an hours budget is exceeded',
    file: 'shared/core/guards/limits.ts',
    of: 'used < 1) return undefined;',
    to: 'used < 99) return undefined;',
  },
  {
    name: 'an agent with a stuck handler goes on when the failure cannot be written',
    file: 'agent/attempt.ts',
    of: 'await attempt.fail(reason).catch(() => attempt.abandon());',
    to: 'await attempt.fail(reason);',
  },
  {
    name: 'an attempt goes on although another has taken its task over',
    file: 'agent/attempt.ts',
    of: '  return overtaken ? {',
    to: '  return overtaken && attempt.task.attempts < 0 ? {',
  },
];
