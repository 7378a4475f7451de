import type { Finding, Rule } from '../../infra/rules/rule.ts';
import type { Resource } from '../../infra/rules/template.ts';

export type Resources = Readonly<Record<string, Resource>>;

/** What a rule finds in a template with these resources. */
export function check(rule: Rule, resources: Resources, region?: string): readonly Finding[] {
  return rule.check({ stackNames: ['Production'], region, Resources: resources });
}

/** A resource of a template. */
export function resource(
  Type: string,
  Properties: object = {},
  attributes: Partial<Resource> = {},
): Resource {
  return { Type, Properties: { ...Properties }, ...attributes };
}

export const ref = (id: string) => ({ Ref: id });
export const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
export const join = (...parts: readonly unknown[]) => ({ 'Fn::Join': ['', parts] });

export const document = (...statements: readonly object[]) => ({
  Version: '2012-10-17',
  Statement: statements,
});
export const allow = (Action: string | readonly string[], more: object) => ({
  Effect: 'Allow',
  Action,
  ...more,
});

const admin = allow('kms:*', {
  Principal: { AWS: join('arn:aws:iam::', ref('AWS::AccountId'), ':root') },
  Resource: '*',
});
/** A key that the account's IAM policies control, and whose policy admits somebody else too. */
export const key = (...statements: readonly object[]) =>
  resource('AWS::KMS::Key', { KeyPolicy: document(admin, ...statements) });

export const policy = (role: string, ...statements: readonly object[]) =>
  resource('AWS::IAM::Policy', { Roles: [ref(role)], PolicyDocument: document(...statements) });
