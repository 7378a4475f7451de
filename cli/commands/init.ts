import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { isPackage, ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { CliError } from '../answer.ts';
import { command } from '../command.ts';

const FROM = isPackage ? 'agentpool/cdk' : './shared/core/pool/config.ts';
const HANDLER = isPackage ? './agent/support.ts' : './agent/handlers/echo.ts';

/** What a user needs to know to begin; every other field is in shared/core/pool/config.ts. */
const CONFIG = `import { definePools } from '${FROM}';

// Each pool gets a queue, a dead-letter queue, an ECS service and a page of charts. Change this file, then:
//   npx agentpool check     tells what is wrong with it, and what a deployment would change
//   npx agentpool local     runs it on this machine
//   npx cdk deploy          runs it on AWS
export default definePools([
  {
    // Names the pool everywhere: a-z, 0-9 and -.
    name: 'support',
    // The module of the agent: its default export takes a task and its context.
    handler: '${HANDLER}',

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

/** What else another project needs, and this one has. */
const BESIDE = isPackage
  ? {
      [HANDLER]: `import type { AgentHandler } from 'agentpool/agent';

// Takes a task and the context of its conversation, undefined for a new one; gives the result and the new context.
const support: AgentHandler = async (task, context) => {
  const { turns = 0 } = (context ?? {}) as { turns?: number };
  return { result: { echo: task.payload, turns: turns + 1 }, context: { turns: turns + 1 } };
};

export default support;
`,
      'cdk.json': `${JSON.stringify({ app: `node ${relative(projectRoot, ownModule('infra/app'))}` }, null, 2)}\n`,
    }
  : {};

export const init = command({
  command: 'init [file]',
  describe: 'write a configuration to begin with, with comments, and what it needs beside it',
  examples: [['init', `writes ${CONFIG_FILE}`]],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'where to' },
    force: { type: 'boolean', default: false, describe: 'overwrite the configuration that is there' },
  },
  async run({ file, force }) {
    if (!(await write(file, CONFIG, force)))
      throw new CliError(`${file} is there already: edit it, or overwrite it with --force`);
    const written = [file];
    for (const [path, text] of Object.entries(BESIDE)) if (await write(path, text, false)) written.push(path);
    return {
      text: `written: ${written.join(', ')}. Edit, then agentpool check ${file}`,
      value: { file, written },
    };
  },
});

/** False: something is there already. */
async function write(file: string, text: string, overwrites: boolean): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: overwrites ? 'w' : 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
