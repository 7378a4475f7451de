import type { Template } from './template.ts';

/** How a reference to a resource reads as an ARN, without partition, region and account: `service:resource`. */
const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::DynamoDB::Table': (id) => `dynamodb:table/${id}`,
  'AWS::S3::Bucket': (id) => `s3:${id}`,
  'AWS::SQS::Queue': (id) => `sqs:${id}`,
  'AWS::SNS::Topic': (id) => `sns:${id}`,
  'AWS::ECS::Cluster': (id) => `ecs:cluster/${id}`,
  'AWS::ECS::Service': (id) => `ecs:service/${id}`,
  'AWS::ECS::TaskDefinition': (id) => `ecs:task-definition/${id}`,
  'AWS::KMS::Key': (id) => `kms:key/${id}`,
  // The attribute ends like this: it stands for the group and its streams.
  'AWS::Logs::LogGroup': (id) => `logs:log-group:${id}:*`,
  'AWS::SecretsManager::Secret': (id) => `secretsmanager:secret:${id}`,
  'AWS::Lambda::Function': (id) => `lambda:function:${id}`,
};

const TYPES: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['table', /^dynamodb:table\/[^/]+$/],
  ['index', /^dynamodb:table\/[^/]+\/(index\/.+|\*)$/],
  ['bucket', /^s3:[^/]+$/],
  ['object', /^s3:([^/]+\/.+|.*\*)$/],
  ['queue', /^sqs:[^:/]+$/],
  ['topic', /^sns:[^:/]+$/],
  ['cluster', /^ecs:cluster\//],
  ['service', /^ecs:service\//],
  ['task', /^ecs:task\//],
  ['task-definition', /^ecs:task-definition\//],
  ['container-instance', /^ecs:container-instance\//],
  ['key', /^kms:key\//],
  ['log-group', /^logs:log-group:[^:]+(:\*)?$/],
  ['log-stream', /^logs:log-group:([^:]+:(\*|log-stream:.*)|[^:]*\*)$/],
  ['repository', /^ecr:repository\//],
  ['secret', /^secretsmanager:secret:/],
  ['parameter', /^ssm:parameter\//],
  ['function', /^lambda:function:/],
  ['alarm', /^cloudwatch:alarm:/],
];

/** What a resource of a statement is: its service, and the types that its ARN can stand for. */
export type Granted = { readonly service: string; readonly types: readonly string[] };

/** `undefined` if the text doesn't say: `*`, or a reference to something else. */
export function grantedOn(template: Template, resource: string): Granted | undefined {
  const short = shortArn(template, resource);
  if (short === undefined) return undefined;
  const types = TYPES.filter(([, pattern]) => pattern.test(short)).map(([type]) => type);
  const [service = ''] = short.split(':');
  return types.length === 0 ? undefined : { service, types };
}

function shortArn(template: Template, resource: string): string | undefined {
  const [, id, rest = ''] = /^\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}(.*)$/.exec(resource) ?? [];
  if (id !== undefined) {
    const arn = ARNS[template.Resources[id]?.Type ?? ''];
    return arn && `${arn(id)}${rest}`;
  }
  // References have colons of their own: `${AWS::Region}`.
  const parts = resource.replaceAll(/\$\{[^}]*\}/g, 'x').split(':');
  return parts[0] === 'arn' && parts.length > 5 ? `${parts[2]}:${parts.slice(5).join(':')}` : undefined;
}
