import { setTimeout } from 'node:timers/promises';
import { command } from '../command.ts';
import { followDeployment } from '../follow-deployment.ts';
import { EXIT } from '../result.ts';
import { findPool } from '../stack.ts';

/** DescribeServices accepts more calls than this, but a deployment takes minutes. */
const EVERY_MS = 2_000;

export const deployAgents = command({
  examples: [
    ['deploy-agents support', 'replace the agents of pool support; each one finishes its task first'],
    ['deploy-agents support --wait', 'wait until they are replaced, or ECS gives up'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    wait: { type: 'boolean', default: false, describe: 'follow the deployment until it completes or fails' },
  },
  async run({ pool: name, wait, ...stack }) {
    const { fleet } = await findPool(stack, name);
    const deployment = await fleet.deploy();
    const value = { pool: name, deployment: deployment.id };
    if (!wait) {
      const text = `deployment ${deployment.id} of ${name} started: agents are replaced as they finish their tasks`;
      return { text, value: { ...value, outcome: 'started' } };
    }
    const end = await followDeployment(fleet, deployment, {
      say: (progress) => console.error(progress),
      pause: () => setTimeout(EVERY_MS),
    });
    return end.kind === 'completed'
      ? { text: `every agent of ${name} was replaced`, value: { ...value, outcome: end.kind } }
      : {
          text: `deployment ${deployment.id} of ${name} ${end.kind === 'failed' ? 'failed' : 'was not completed'}: ${end.reason}`,
          value: { ...value, outcome: end.kind, reason: end.reason },
          exitCode: EXIT.failed,
        };
  },
});
