import open from 'open';
import { dashboardName } from '../../shared/telemetry/dashboard-name.ts';
import { command } from '../command.ts';
import { CliError, EXIT } from '../result.ts';
import { findPool, findStack } from '../stack.ts';

export const dashboard = command({
  examples: [
    ['dashboard', 'open the overview'],
    ['dashboard support --print', "print the URL of a pool's dashboard"],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: the overview of all pools)' },
    print: { type: 'boolean', default: false, describe: 'print the URL instead of opening it' },
  },
  async run({ pool, print, json, ...options }) {
    if (pool !== undefined) await findPool({ ...options }, pool);
    const { logs } = await findStack({ ...options });
    if (logs.kind === 'files')
      throw new CliError(
        'a local stack has no CloudWatch: agentpool console --local shows the same dashboards',
      );
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
    if (region === undefined) throw new CliError('no AWS region set: use --region or AWS_REGION', EXIT.usage);
    const name = dashboardName({ stack: options.stack, region, pool });
    const url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
    if (!print && !json) await open(url);
    return { text: url, value: { url } };
  },
});
