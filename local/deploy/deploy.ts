import type { Resource, Template } from './synthesize.ts';

/** What `Ref` and `Fn::GetAtt` of a resource return. */
export type Created = { readonly ref: string; readonly attributes?: Readonly<Record<string, string>> };

/** Creates one resource. References in its properties are already resolved. */
export type Creator = (
  properties: Readonly<Record<string, unknown>>,
  logicalId: string,
  resource: Resource,
) => Promise<Created>;

/** Resource types with no local counterpart: permissions, networks, capacity, logs and CDK's own. */
const IGNORED_TYPES =
  /^AWS::(IAM|EC2|Logs|SNS|CDK|ECS::ClusterCapacity|Lambda::(Permission|EventInvokeConfig)|S3::BucketPolicy|SQS::QueuePolicy)/;

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Region': 'us-east-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Agentpool',
};

/**
 * Creates a template's resources in the order of their dependencies, like CloudFormation, and returns the outputs.
 * @throws Error for a resource type without a creator, so that nothing is skipped unnoticed.
 */
export async function deploy(
  template: Template,
  creators: Readonly<Record<string, Creator>>,
): Promise<Readonly<Record<string, unknown>>> {
  const created = new Map<string, Promise<Created>>();

  function create(logicalId: string): Promise<Created> {
    const existing = created.get(logicalId);
    if (existing) return existing;
    const creation = createOnce(logicalId);
    created.set(logicalId, creation);
    return creation;
  }

  async function createOnce(logicalId: string): Promise<Created> {
    const resource = template.Resources[logicalId];
    if (!resource) throw new Error(`the template refers to a missing resource ${logicalId}`);
    if (IGNORED_TYPES.test(resource.Type)) return { ref: logicalId };
    const creator = creators[resource.Type];
    if (!creator) throw new Error(`${logicalId}: the local stack doesn't support ${resource.Type}`);
    const properties = (await resolve(resource.Properties ?? {})) as Record<string, unknown>;
    return creator(properties, logicalId, resource);
  }

  async function resolve(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map(resolve));
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = ['', undefined], ...rest] = Object.entries(value);
    if (rest.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) return resolveFunction(key, argument);
    const entries = await Promise.all(
      Object.entries(value).map(async ([name, part]) => [name, await resolve(part)]),
    );
    return Object.fromEntries(entries);
  }

  async function resolveFunction(name: string, argument: unknown): Promise<unknown> {
    switch (name) {
      case 'Ref':
        return PSEUDO_PARAMETERS[argument as string] ?? (await create(argument as string)).ref;
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = argument as [string, string];
        return (await create(logicalId)).attributes?.[attribute] ?? `${logicalId}.${attribute}`;
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return ((await resolve(parts)) as string[]).join(separator);
      }
      // Only used where the value doesn't matter locally: assets, availability zones.
      case 'Fn::Sub':
      case 'Fn::Select':
      case 'Fn::GetAZs':
        return JSON.stringify(argument);
      default:
        throw new Error(`the local stack doesn't support ${name}`);
    }
  }

  await Promise.all(Object.keys(template.Resources).map(create));
  const outputs = Object.entries(template.Outputs).map(async ([name, { Value }]) => [
    name,
    await resolve(Value),
  ]);
  return Object.fromEntries(await Promise.all(outputs));
}
