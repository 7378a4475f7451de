import { allStatements } from './all-statements.ts';
import { ACTIONS, CONDITION_KEYS } from './iam-actions.ts';
import { grantedOn } from './iam-resources.ts';
import type { Statement } from './policies.ts';
import type { Rule } from './rule.ts';
import type { Template } from './template.ts';

export const actionsApply: Rule = {
  id: 'actions-apply',
  description:
    'IAM accepts an action on a resource of a type that it doesn’t support, and it allows nothing. It also accepts a ' +
    'condition on a key that the action doesn’t have: most never hold, and one with ForAllValues always holds, so it ' +
    'limits nothing. Grant each action on what it supports, actions without resources on *, and conditions apart.',
  check: (template) =>
    allStatements(template).flatMap((statement) =>
      [...wrongResources(template, statement), ...wrongConditions(statement)].map((message) => ({
        logicalId: statement.id,
        message,
      })),
    ),
};

/** Other actions of a statement may need the resource, so an action is wrong only if it applies to none. */
function wrongResources(template: Template, { actions, resources }: Statement): readonly string[] {
  const granted = resources.map((resource) => grantedOn(template, resource));
  const known = granted.filter((each) => each !== undefined);
  if (known.length === 0 || known.length < granted.length) return [];
  return actions.flatMap((action) => {
    const [service = '', name = ''] = action.split(':');
    const types = ACTIONS[service]?.[name];
    if (
      types === undefined ||
      known.some((each) => each.service === service && each.types.some((type) => types.includes(type)))
    ) {
      return [];
    }
    const supported = types.length === 0 ? '*' : types.join(' or ');
    return [`The action ${action} can be granted on ${supported}, not on ${resources.join(', ')}`];
  });
}

function wrongConditions({ actions, conditionKeys }: Statement): readonly string[] {
  return conditionKeys.flatMap((key) => {
    const having = CONDITION_KEYS[key];
    if (having === undefined) return [];
    const [service = ''] = key.split(':');
    return actions
      .filter((action) => !action.includes('*') && !having.some((name) => action === `${service}:${name}`))
      .map((action) => `The action ${action} has no condition key ${key}`);
  });
}
