import { App } from 'aws-cdk-lib';
import poolsConfig from '../pools.config.ts';
import { ConfigError, parsePools } from '../shared/pool/config.ts';
import { AgentpoolStack } from './stack.ts';

/** The pools of `pools.config.ts`, or those given as context: `-c pools='[{"name":…}]'`. */
function pools(app: App): unknown {
  const given: unknown = app.node.tryGetContext('pools');
  if (given === undefined) return poolsConfig;
  return typeof given === 'string' ? JSON.parse(given) : given;
}

try {
  const app = new App();
  new AgentpoolStack(app, 'Agentpool', { pools: parsePools(pools(app)) });
} catch (error) {
  // A wrong configuration is its author's to mend: the message says all, a stack trace would hide it.
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
