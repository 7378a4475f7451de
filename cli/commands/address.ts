import { command } from '../command.ts';
import { addressOf, findStack } from '../stack.ts';

export const address = command({
  examples: [
    ['address support', 'print the JSON that awsTaskClient takes, with the URL of the queue'],
    ['address support --json | jq -r .queueUrl', 'print the URL alone'],
  ],
  positionals: ['pool'],
  options: { pool: { type: 'string', demandOption: true, describe: 'name of the pool' } },
  async run({ pool, json: _, ...options }) {
    const value = addressOf(await findStack(options), pool);
    return { text: JSON.stringify(value, null, 2), value };
  },
});
