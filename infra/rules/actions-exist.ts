import { allStatements } from './all-statements.ts';
import { ACTIONS } from './iam-actions.ts';
import { matches } from './policies.ts';
import type { Rule } from './rule.ts';

export const actionsExist: Rule = {
  id: 'actions-exist',
  description:
    'IAM accepts an action that doesn’t exist, and it allows nothing: the call that the policy was written for is ' +
    'denied. Correct the action, or add it to `infra/rules/iam-actions.ts` if it’s one that the project hasn’t used.',
  wholeAppOnly: true,
  check: (template) =>
    allStatements(template).flatMap(({ id, actions }) =>
      actions
        .filter((action) => !exists(action))
        .map((action) => ({ logicalId: id, message: `This policy has the unknown action ${action}` })),
    ),
};

function exists(action: string): boolean {
  if (action === '*') return true;
  const [service = '', pattern = ''] = action.split(':');
  const known = ACTIONS[service.toLowerCase()];
  return known === undefined || Object.keys(known).some((name) => matches(pattern, name));
}
