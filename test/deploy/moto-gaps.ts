import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Resource = {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
};
type Template = { Resources: Record<string, Resource> };

/** What moto's CloudFormation does not know: `Ref` and `Fn::GetAtt` of it would fail. */
const UNKNOWN_TYPES =
  /^AWS::(CloudWatch::Alarm|ECS::ClusterCapacityProviderAssociations|Lambda::EventInvokeConfig|S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy)$/;

/** Changes a synthesized template in place to what moto can create. */
export function fillMotoGaps(assembly: string, stack: string): void {
  const file = join(assembly, `${stack}.template.json`);
  const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
  const unknown = new Set(
    Object.keys(template.Resources).filter((id) => UNKNOWN_TYPES.test(template.Resources[id]?.Type ?? '')),
  );
  for (const id of unknown) delete template.Resources[id];
  for (const resource of Object.values(template.Resources)) {
    // moto's CloudFormation cannot delete a route table, and so not the VPC that it is in.
    if (resource.Type === 'AWS::EC2::VPC') resource.DeletionPolicy = 'Retain';
    if (resource.DeletionPolicy === 'RetainExceptOnCreate') resource.DeletionPolicy = 'Retain';
    if (resource.DependsOn !== undefined) {
      resource.DependsOn = [resource.DependsOn].flat().filter((each) => !unknown.has(each));
    }
  }
  writeFileSync(file, JSON.stringify(withoutReferences(template, unknown)));
}

function withoutReferences(value: unknown, unknown: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((part) => withoutReferences(part, unknown));
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::GetAtt': attribute } = value as { 'Fn::GetAtt'?: [string, string] };
  if (attribute && unknown.has(attribute[0])) return `arn:aws:moto:us-east-1:123456789012:${attribute[0]}`;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withoutReferences(part, unknown)]),
  );
}
