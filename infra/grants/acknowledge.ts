import { Stack, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

/** Records why cdk-nag rules don't apply to a construct and its children. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** Records why a role has access to a resource with a wildcard. */
export function acknowledgeWildcard(grantee: IGrantable, resource: string, reason: string): void {
  const role = grantee.grantPrincipal;
  if (!Construct.isConstruct(role)) return;
  const finding = flatten(Stack.of(role).resolve(resource));
  acknowledge(role, { [`AwsSolutions-IAM5[Resource::${finding}]`]: reason });
}

/** A resource as cdk-nag names it in a finding, with CloudFormation references in angle brackets. */
function flatten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name = '', argument] = []] = Object.entries(value);
  switch (name) {
    case 'Ref':
      return `<${String(argument)}>`;
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::Join':
      return (argument as [string, unknown[]])[1].map(flatten).join((argument as [string])[0]);
    default:
      throw new Error(`unsupported ${name} in a resource: ${JSON.stringify(value)}`);
  }
}
