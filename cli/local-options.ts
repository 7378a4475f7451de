export const DEFAULT_ENV_FILE = '.env';

/** Options of the commands that run the stack on this machine. */
export const LOCAL_OPTIONS = {
  directory: {
    type: 'string',
    default: '.',
    describe: 'where .agentpool is, the folder for logs, data and the environment file of one stack',
  },
  keep: {
    type: 'boolean',
    default: false,
    describe: 'keep queues, tasks and contexts for the next start with --keep',
  },
  env: {
    type: 'string',
    describe: `file with values for agent.secrets (default: ${DEFAULT_ENV_FILE}, if there is one)`,
  },
} as const;
