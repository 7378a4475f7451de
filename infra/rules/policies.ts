import {
  type Found,
  listOf,
  property,
  record,
  reference,
  references,
  resourcesOf,
  type Template,
  text,
} from './template.ts';

/** A statement of a policy, with everything as text (see {@link text}). */
export type Statement = {
  readonly allows: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Services, accounts and roles; `*` for anybody. */
  readonly principals: readonly string[];
  readonly conditionKeys: readonly string[];
};

const POLICY_TYPES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy'];

export function statementsOf(document: unknown): readonly Statement[] {
  return listOf(record(document)['Statement']).map((each) => {
    const { Effect, Action, Resource, Principal, Condition } = record(each);
    const principals =
      typeof Principal === 'string' ? [Principal] : Object.values(record(Principal)).flatMap(listOf);
    return {
      allows: Effect === 'Allow',
      actions: listOf(Action).map(text),
      resources: listOf(Resource).map(text),
      principals: principals.map((principal) =>
        text(principal).replace(reference('AWS::URLSuffix'), 'amazonaws.com'),
      ),
      conditionKeys: Object.values(record(Condition)).flatMap((operator) => Object.keys(record(operator))),
    };
  });
}

/** The statements of the policies of a role. Managed policies of AWS aren't in the template. */
export function statementsOfRole(template: Template, role: string): readonly Statement[] {
  const found = { id: role, resource: template.Resources[role] ?? { Type: '' } };
  return [
    ...listOf(property(found, 'Policies')).flatMap((inline) =>
      statementsOf(record(inline)['PolicyDocument']),
    ),
    ...policiesOfRole(template, role).flatMap((policy) => statementsOf(property(policy, 'PolicyDocument'))),
  ];
}

/** The policies of a role that are resources of their own. Either of the two names the other. */
export function policiesOfRole(template: Template, role: string): readonly Found[] {
  const named = references(template.Resources[role]?.Properties?.['ManagedPolicyArns']);
  return resourcesOf(template, ...POLICY_TYPES).filter(
    (policy) =>
      named.has(policy.id) || references([property(policy, 'Roles'), property(policy, 'RoleName')]).has(role),
  );
}

/** Whether a statement allows an action, by its name or with a wildcard. */
export function allows({ allows: isAllow, actions }: Statement, action: string): boolean {
  return isAllow && actions.some((pattern) => matches(pattern, action));
}

/** Whether a policy lets a service perform an action on what the policy belongs to. Conditions count as met. */
export function admitsService(
  statements: readonly Statement[],
  services: readonly string[],
  action: string,
): boolean {
  return statements.some(
    (statement) =>
      allows(statement, action) &&
      statement.principals.some((principal) => principal === '*' || services.includes(principal)),
  );
}

/** IAM's wildcards; actions are case-insensitive. */
export function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(value);
}
