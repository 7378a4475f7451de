import type { Command } from './command.ts';

/** A command as it's listed. The rest is loaded when the command runs, so that the list is there at once. */
export type ListedCommand = {
  /** With its arguments: `pin <pool> <count>`. */
  readonly command: string;
  readonly describe: string;
  readonly load: () => Promise<Command>;
};

/** Every command, in the order of a first use, then of operation. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    command: 'init [file]',
    describe: 'write a commented configuration and the files it needs',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    command: 'check [file]',
    describe:
      'check the configuration, handlers, credentials, quotas, roles, secrets, image and names, and show what a deployment would change',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    command: 'local [file]',
    describe: 'run the whole stack on this machine until you press Ctrl-C',
    load: async () => (await import('./commands/local.ts')).local,
  },
  {
    command: 'console',
    describe: 'open the web console: dashboards, agents and decisions',
    load: async () => (await import('./commands/console.ts')).webConsole,
  },
  {
    command: 'address <pool>',
    describe: 'print the address of a pool, for clients and other senders',
    load: async () => (await import('./commands/address.ts')).address,
  },
  {
    command: 'send <pool> [payload]',
    describe: 'send one task or many; --wait waits for the results',
    load: async () => (await import('./commands/send.ts')).send,
  },
  {
    command: 'task <id>',
    describe: "show a task's status, times, agent and result",
    load: async () => (await import('./commands/task.ts')).task,
  },
  {
    command: 'tasks [pool]',
    describe: 'list tasks that are queued, running or failed, those sent last first',
    load: async () => (await import('./commands/tasks.ts')).tasks,
  },
  {
    command: 'cancel <id>',
    describe: 'end a task that is queued or running, without a result',
    load: async () => (await import('./commands/cancel.ts')).cancel,
  },
  {
    command: 'status [pool]',
    describe: 'show the queue, the agents and the latest decision of each pool',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    command: 'agents [pool]',
    describe: 'list the live agents: what each one does, and for how long',
    load: async () => (await import('./commands/agents.ts')).agents,
  },
  {
    command: 'logs [of]',
    describe: 'show what the agents and functions logged',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    command: 'explain [pool]',
    describe: 'explain one decision: its readings, forecast, proposals and guards',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    command: 'history <pool>',
    describe: 'list the decisions of a pool; export decisions or arrivals to a file',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    command: 'advise <pool>',
    describe: 'show what other concurrencies and sizes would have cost, and recommend one',
    load: async () => (await import('./commands/advise.ts')).advise,
  },
  {
    command: 'pause <pool>',
    describe: 'pause a pool: change nothing, whatever happens',
    load: async () => (await import('./commands/overrides.ts')).pause,
  },
  {
    command: 'resume <pool>',
    describe: 'end a pause or a pin: the policies decide again',
    load: async () => (await import('./commands/overrides.ts')).resume,
  },
  {
    command: 'pin <pool> <count>',
    describe: 'pin the desired count of a pool',
    load: async () => (await import('./commands/overrides.ts')).pin,
  },
  {
    command: 'set <pool> <values..>',
    describe: 'override deployed values, such as min, max and policies',
    load: async () => (await import('./commands/overrides.ts')).set,
  },
  {
    command: 'unset <pool> <fields..>',
    describe: 'remove overrides: go back to the deployed values',
    load: async () => (await import('./commands/overrides.ts')).unset,
  },
  {
    command: 'overrides <pool>',
    describe: 'show the overrides in force and the latest changes to them',
    load: async () => (await import('./commands/overrides.ts')).overrides,
  },
  {
    command: 'drain <agent>',
    describe: 'drain one agent after its current task; ECS starts a replacement',
    load: async () => (await import('./commands/drain.ts')).drain,
  },
  {
    command: 'deploy-agents <pool>',
    describe: 'replace every agent of a pool: after a secret was rotated or the tag of an image moved',
    load: async () => (await import('./commands/deploy-agents.ts')).deployAgents,
  },
  {
    command: 'dead <action> <pool> [task]',
    describe: 'manage the dead-letter queue of a pool',
    load: async () => (await import('./commands/dead.ts')).dead,
  },
  {
    command: 'context <action> <pool> <id>',
    describe: 'show, export, restore and delete the context of a conversation',
    load: async () => (await import('./commands/context.ts')).context,
  },
  {
    command: 'compact <pool>',
    describe: 'compact contexts now instead of waiting for the daily run',
    load: async () => (await import('./commands/compact.ts')).compact,
  },
  {
    command: 'dashboard [pool]',
    describe: 'open the CloudWatch dashboard of the stack or of a pool',
    load: async () => (await import('./commands/dashboard.ts')).dashboard,
  },
];
