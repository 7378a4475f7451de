import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { isPackage, ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { command } from '../command.ts';
import { CliError } from '../result.ts';

const FROM = isPackage ? 'agentpool/cdk' : './shared/core/pool/config.ts';
const HANDLER = isPackage ? './agent/support.ts' : './agent/handlers/echo.ts';

/** What a new user needs. shared/core/pool/config.ts documents all other fields. */
const CONFIG = `import { definePools } from '${FROM}';

// Each pool gets a queue, a dead-letter queue, an ECS service, alarms and a dashboard. After a change, run:
//   npx agentpool check     to check this file and see what a deployment would change
//   npx agentpool local     to run the stack on this machine
//   npx cdk deploy          to deploy it to AWS
export default definePools([
  {
    // Names the pool's queue, service and records: a-z, 0-9 and -.
    name: 'support',
    // The module with your handler as its default export.
    handler: '${HANDLER}',

    // Number of agents. With min: 0, an idle pool costs almost nothing, but its first task waits for an agent to start.
    min: 1,
    max: 20,

    // The objective: this share of tasks starts within this time.
    objective: { percent: 95, withinSeconds: 30 },

    // An attempt that takes longer is aborted. After maxAttempts, the task goes to the dead-letter queue.
    taskTimeoutSeconds: 300,
    maxAttempts: 3,

    // 'fifo': the turns of a conversation run in order. 'none': tasks run in any order, at least once.
    ordering: 'fifo',

    // The hours budget, and what happens when it's used up: stop-growing, shrink-to-min or warn.
    // budget: { agentHoursPerDay: 200, whenReached: 'stop-growing' },

    // Minimum number of agents at certain times, as cron expressions.
    // schedule: [{ cron: '0 8 * * 1-5', timeZone: 'Europe/Berlin', forMinutes: 600, atLeast: 5 }],

    // The size of an agent, and the share of agents on Fargate Spot.
    // agent: { cpu: 512, memoryMiB: 1024 },
    // capacity: { onDemandBase: 2, spotPercent: 80 },
  },
]);
`;

/** Files that a project with the package needs too, with their contents. */
const OTHER_FILES = isPackage
  ? {
      [HANDLER]: `import type { AgentHandler } from 'agentpool/agent';

// Takes a task and the context of its conversation (undefined in a new one). Returns the result and the new context.
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
  examples: [['init', `write ${CONFIG_FILE}`]],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'file to write' },
    force: { type: 'boolean', default: false, describe: 'overwrite an existing configuration' },
  },
  async run({ file, force }) {
    if (!(await write(file, CONFIG, force)))
      throw new CliError(`${file} already exists: edit it, or overwrite it with --force`);
    const written = [file];
    for (const [path, text] of Object.entries(OTHER_FILES))
      if (await write(path, text, false)) written.push(path);
    return {
      text: `wrote ${written.join(', ')}; edit, then run agentpool check ${file}`,
      value: { file, written },
    };
  },
});

/** Returns false if the file already exists. */
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
