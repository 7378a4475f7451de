import { writeFile } from 'node:fs/promises';
import { CliError } from '../answer.ts';
import { command } from '../command.ts';

const FILE = 'pools.config.ts';

/** What a user needs to know to begin; every other field is in shared/pool/config.ts. */
const CONFIG = `import { definePools } from './shared/pool/config.ts';

// Each pool gets a queue, a dead-letter queue, an ECS service and a page of charts. Change this file, then:
//   npx agentpool check     tells what is wrong with it, and what a deployment would change
//   npx agentpool local     runs it on this machine
//   npx cdk deploy          runs it on AWS
export default definePools([
  {
    // Names the pool everywhere: a-z, 0-9 and -.
    name: 'support',
    // The module of the agent, below agent/: its default export takes a task and its context.
    handler: './agent/handlers/echo.ts',

    // Agents at any time. With min: 0 an idle pool costs next to nothing, and the first task waits for a start.
    min: 1,
    max: 20,

    // What the pool is asked to hold: so many percent of the tasks start within so many seconds.
    objective: { percent: 95, withinSeconds: 30 },

    // A task that runs longer is aborted, and tried again; after maxAttempts it goes to the dead-letter queue.
    taskTimeoutSeconds: 300,
    maxAttempts: 3,

    // 'fifo': the turns of one conversation in their order. 'none': any order, at least once.
    ordering: 'fifo',

    // Agent-hours a day, and what happens when they are used: stop-growing, shrink-to-min or warn.
    // budget: { agentHoursPerDay: 200, whenReached: 'stop-growing' },

    // Floors by the clock, as cron has it.
    // schedule: [{ cron: '0 8 * * 1-5', timeZone: 'Europe/Berlin', forMinutes: 600, atLeast: 5 }],

    // What an agent runs on, and how much of it on Fargate Spot.
    // agent: { cpu: 512, memoryMiB: 1024 },
    // capacity: { onDemandBase: 2, spotPercent: 80 },
  },
]);
`;

export const init = command({
  command: 'init [file]',
  describe: 'write a configuration to begin with, with comments',
  examples: [['init', `writes ${FILE}`]],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: FILE, describe: 'where to' },
    force: { type: 'boolean', default: false, describe: 'overwrite what is there' },
  },
  async run({ file, force }) {
    await writeFile(file, CONFIG, { flag: force ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        throw new CliError(`${file} is there already: edit it, or overwrite it with --force`);
      throw error;
    });
    return { text: `${file} is written: edit it, then agentpool check ${file}`, value: { file } };
  },
});
