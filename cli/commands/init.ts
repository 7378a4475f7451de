import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { isPackage, ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { command } from '../command.ts';
import { CliError } from '../result.ts';
import { agentCode, TEMPLATES, type Template, type TemplateName } from '../templates.ts';

const FROM = isPackage ? 'agentpool/cdk' : './shared/core/pool/config.ts';
/** What a new user needs. shared/core/pool/config.ts documents all other fields. */
function configOf({ handler, key }: { readonly handler: string; readonly key?: string | undefined }): string {
  return `import { definePools } from '${FROM}';

// Each pool gets a queue, a dead-letter queue, an ECS service, alarms and a dashboard. After a change, run:
//   npx agentpool check     to check this file and see what a deployment would change
//   npx agentpool local     to run the stack on this machine
//   npx cdk deploy          to deploy it to AWS
export default definePools([
  {
    // Names the pool's queue, service and records: a-z, 0-9 and -.
    name: 'support',
    // The module with your handler as its default export.
    handler: '${handler}',

    // Number of agents. With min: 0, an idle pool costs almost nothing, but its first task waits for an agent to start.
    min: 1,
    max: 20,

    // How many tasks an agent works on at a time. For a handler that mostly waits for models, start with 4.
    // concurrency: 4,

    // What your model's provider allows. The handler takes from it with tools.acquire before each call.
    // limits: [{ name: 'model', perMinute: { requests: 4_000, tokens: 400_000 } }],

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

${agentSettings(key)}
    // capacity: { onDemandBase: 2, spotPercent: 80 },
  },
]);
`;
}

/** The size of an agent, and the key of its model. */
function agentSettings(key: string | undefined): string {
  if (key === undefined)
    return `    // The size of an agent, and the share of agents on Fargate Spot.
    // agent: { cpu: 512, memoryMiB: 1024 },`;
  return `    // The size of an agent, and where its keys are: locally in this terminal or in .env, on AWS in Secrets Manager.
    agent: { cpu: 512, memoryMiB: 1024, secrets: { ${key}: 'prod/support:${key}' } },

    // The share of agents on Fargate Spot.`;
}

const IGNORED = 'node_modules/\ncdk.out/\n.agentpool/\n.env*\n';

/** Files that a project with the package needs too, with their contents. */
const OTHER_FILES = isPackage
  ? {
      'cdk.json': `${JSON.stringify({ app: `node ${relative(projectRoot, ownModule('infra/app'))}` }, null, 2)}\n`,
      '.gitignore': IGNORED,
    }
  : {};

export const init = command({
  examples: [
    ['init', `write ${CONFIG_FILE} and a first agent`],
    ['init --template ai-sdk', 'the same, with an agent in the AI SDK'],
  ],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'file to write' },
    template: {
      type: 'string',
      choices: Object.keys(TEMPLATES) as TemplateName[],
      default: 'plain' as TemplateName,
      describe: 'what the first agent is written in',
    },
    force: { type: 'boolean', default: false, describe: 'overwrite an existing configuration' },
  },
  async run({ file, template: name, force }) {
    const template: Template = TEMPLATES[name];
    const handler = isPackage
      ? './agent/support.ts'
      : `./agent/handlers/${isPlain(name) ? 'echo' : 'support'}.ts`;
    if (!(await write(file, configOf({ handler, key: template.key }), force)))
      throw new CliError(`${file} already exists: edit it, or overwrite it with --force`);
    const written = [file];
    const others = {
      ...OTHER_FILES,
      ...(isPackage || !isPlain(name) ? { [handler]: await agentCode(name) } : {}),
    };
    for (const [path, text] of Object.entries(others)) if (await write(path, text, false)) written.push(path);
    const next = nextSteps(file, template);
    return {
      text: `wrote ${written.join(', ')}\n\n${next}`,
      value: { file, written, packages: template.packages },
    };
  },
});

/** In a clone, an example is there already. */
function isPlain(name: TemplateName): boolean {
  return name === 'plain';
}

function nextSteps(file: string, { packages, key, payload }: Template): string {
  const at = file === CONFIG_FILE ? '' : ` ${file}`;
  const lines = [
    'Next:',
    ...(packages.length > 0 ? [`  npm install ${packages.join(' ')}`] : []),
    ...(key === undefined ? [] : [`  echo '${key}=…' >> .env`]),
    `  npx agentpool check${at} --offline`,
    `  npx agentpool local${at} --watch`,
    'In another terminal:',
    '  source .agentpool/environment',
    `  npx agentpool send support '${JSON.stringify(payload)}' --context customer-7 --wait`,
  ];
  return lines.join('\n');
}

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
