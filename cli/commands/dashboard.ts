import open from 'open';
import { CliError, EXIT } from '../answer.ts';
import { command } from '../command.ts';
import { findPool } from '../stack.ts';

export const dashboard = command({
  command: 'dashboard [pool]',
  describe: "open the stack's dashboard in CloudWatch, or a pool's",
  examples: [
    ['dashboard', 'the overview'],
    ['dashboard support --print', 'the address only'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: "a pool's page instead of the overview" },
    print: { type: 'boolean', default: false, describe: 'tell the address, and open nothing' },
  },
  async run({ pool, print, json, ...options }) {
    if (pool !== undefined) await findPool({ ...options }, pool);
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
    if (region === undefined)
      throw new CliError('in which region? Give --region, or set AWS_REGION', EXIT.usage);
    const name = pool === undefined ? options.stack : `${options.stack}-${pool}`;
    const url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
    if (!print && !json) await open(url);
    return { text: url, value: { url } };
  },
});
