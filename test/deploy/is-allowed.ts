import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Principal } from './gate.ts';
import type { Call } from './identify-call.ts';

export type Policy = { readonly name: string; readonly policy: unknown };

/** Whether the role's own policies allow a call, on each of its resources. */
export async function isAllowed({ roleArn, policies }: Principal, call: Call): Promise<boolean> {
  const results = await Promise.all(
    call.resources.map((resource) =>
      runSimulation(
        {
          request: {
            principal: roleArn,
            action: call.action,
            resource: { resource, accountId: '123456789012' },
            contextVariables: { ...call.context },
          },
          identityPolicies: [...policies],
          serviceControlPolicies: [],
          resourceControlPolicies: [],
        },
        {},
      ),
    ),
  );
  for (const result of results) {
    if (result.resultType === 'error') throw new Error(`${call.action}: ${JSON.stringify(result.errors)}`);
  }
  return (
    results.length > 0 &&
    results.every((result) => 'overallResult' in result && result.overallResult === 'Allowed')
  );
}
