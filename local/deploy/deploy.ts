import type { Resource, Template } from './synthesize.ts';

/** What `Ref` and `Fn::GetAtt` of a resource give. */
export type Created = { readonly ref: string; readonly attributes?: Readonly<Record<string, string>> };

/** Creates one resource from its properties, in which everything is resolved. */
export type Creator = (
  properties: Readonly<Record<string, unknown>>,
  logicalId: string,
  resource: Resource,
) => Promise<Created>;

/** Types that mean nothing on one machine: permissions, networks, capacity, logs and what CDK adds for itself. */
const WITHOUT_MEANING_HERE =
  /^AWS::(IAM|EC2|Logs|SNS|CDK|ECS::ClusterCapacity|Lambda::(Permission|EventInvokeConfig)|S3::BucketPolicy|SQS::QueuePolicy)/;

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Region': 'us-east-1',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Agentpool',
};

/**
 * Creates a template's resources, each after those that it names, as CloudFormation would, and answers with the
 * template's outputs.
 * @throws Error for a type without creator, so that nothing is left out in silence.
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
    if (!resource) throw new Error(`the template refers to ${logicalId}, which it does not have`);
    if (WITHOUT_MEANING_HERE.test(resource.Type)) return { ref: logicalId };
    const creator = creators[resource.Type];
    if (!creator) throw new Error(`${logicalId} is a ${resource.Type}, which the local stack does not know`);
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
      // Only in places without meaning here: assets, availability zones.
      case 'Fn::Sub':
      case 'Fn::Select':
      case 'Fn::GetAZs':
        return JSON.stringify(argument);
      default:
        throw new Error(`the template uses ${name}, which the local stack does not know`);
    }
  }

  await Promise.all(Object.keys(template.Resources).map(create));
  const outputs = Object.entries(template.Outputs).map(async ([name, { Value }]) => [
    name,
    await resolve(Value),
  ]);
  return Object.fromEntries(await Promise.all(outputs));
}
