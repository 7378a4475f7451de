import { Stack, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

/** Why rules of cdk-nag do not apply to a construct and what is below it. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** Why a role is granted a resource with a wildcard in it. */
export function acknowledgeWildcard(grantee: IGrantable, resource: string, reason: string): void {
  const role = grantee.grantPrincipal;
  if (!Construct.isConstruct(role)) return;
  const finding = flatten(Stack.of(role).resolve(resource));
  acknowledge(role, { [`AwsSolutions-IAM5[Resource::${finding}]`]: reason });
}

/** A resource as cdk-nag names it in a finding: what CloudFormation fills in is in angle brackets. */
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
      throw new Error(`a resource with ${name}: ${JSON.stringify(value)}`);
  }
}
