import type { Resource, Template } from './synthesize.ts';

/** What `Ref` and `Fn::GetAtt` of a resource return. */
export type Created = { readonly ref: string; readonly attributes?: Readonly<Record<string, string>> };

/** How resources of a type come and go. */
export type ResourceType = {
  /** Creates one, or changes the one that's there. References in its properties are already resolved. */
  put(properties: Readonly<Record<string, unknown>>, logicalId: string, resource: Resource): Promise<Created>;
  /** Default: it stays. */
  remove?(created: Created): Promise<void>;
};

/** What a deployment has created, by logical ID. The next one changes only what differs from it. */
export type Resources = ReadonlyMap<
  string,
  { readonly type: string; readonly properties: string; readonly created: Created }
>;

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
 * Creates and changes a template's resources in the order of their dependencies, like CloudFormation, and removes those of
 * the deployment `before` that the template no longer has.
 * @throws Error for an unknown resource type, so that nothing is skipped unnoticed.
 */
export async function deploy(
  template: Template,
  types: Readonly<Record<string, ResourceType>>,
  before: Resources = new Map(),
): Promise<{ readonly outputs: Readonly<Record<string, unknown>>; readonly resources: Resources }> {
  const resources = new Map<string, NonNullable<ReturnType<Resources['get']>>>();
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
    const { Type: type } = resource;
    if (IGNORED_TYPES.test(type)) return { ref: logicalId };
    const known = types[type];
    if (!known) throw new Error(`${logicalId}: the local stack doesn't support ${type}`);
    const resolved = (await resolve(resource.Properties ?? {})) as Record<string, unknown>;
    const properties = JSON.stringify(resolved);
    const existing = before.get(logicalId);
    const isUnchanged = existing?.type === type && existing.properties === properties;
    const put = isUnchanged ? existing.created : await known.put(resolved, logicalId, resource);
    resources.set(logicalId, { type, properties, created: put });
    return put;
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
  for (const [logicalId, { type, created: gone }] of before)
    if (!resources.has(logicalId)) await types[type]?.remove?.(gone);
  return { outputs: Object.fromEntries(await Promise.all(outputs)), resources };
}
