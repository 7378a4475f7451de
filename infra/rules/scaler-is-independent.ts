import { dependencies } from './dependencies.ts';
import { policiesOfRole } from './policies.ts';
import type { Rule } from './rule.ts';
import { property, referred, resourcesOf, type Template } from './template.ts';

const SCALER = 'functions/scale/handler';

export const scalerIsIndependent: Rule = {
  id: 'scaler-is-independent',
  description:
    'CloudFormation updates a resource after those it refers to, and waits for a service until its agents run, which ' +
    'takes a working scaler. If the scaler refers to a service, a deployment that repairs a broken scaler waits for ' +
    'the broken one. Give the service an explicit name, and the scaler and its policies that name.',
  check: (template) =>
    resourcesOf(template, 'AWS::Lambda::Function')
      .filter(({ resource }) => resource.Metadata?.['agentpool:module'] === SCALER)
      .flatMap(({ id }) =>
        [...dependencies(template, [id, ...policiesOf(template, id)])]
          .filter(([reached]) => template.Resources[reached]?.Type === 'AWS::ECS::Service')
          .map(([service, path]) => ({
            logicalId: id,
            message: `This scaler is updated only after ${service} is stable, so a deployment cannot repair it: ${path.join(' → ')}`,
          })),
      ),
};

/** A function doesn't refer to the policies of its role, and cannot work without them. */
function policiesOf(template: Template, id: string): readonly string[] {
  const resource = template.Resources[id];
  if (resource === undefined) return [];
  const role = referred(template, property({ id, resource }, 'Role'), 'AWS::IAM::Role');
  return role === undefined ? [] : policiesOfRole(template, role).map((policy) => policy.id);
}
