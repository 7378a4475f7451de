import type { IncomingMessage } from 'node:http';

/** A call to AWS as IAM sees it. */
export type Call = {
  readonly action: string;
  readonly resources: readonly string[];
  readonly context: Readonly<Record<string, string | string[]>>;
};

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** Which action on which resources a request asks for: of the services and calls that the project uses. */
export function identify({ headers, method = '', url = '' }: IncomingMessage, body: Buffer): Call {
  const target = String(headers['x-amz-target'] ?? '');
  const [api = '', name = ''] = target.split('.');
  if (target === '') return objectCall(method, new URL(url, 'http://s3'), body);
  const input = JSON.parse(body.toString()) as Input;
  if (api === 'DynamoDB_20120810') return itemCall(name, input);
  if (api === 'AmazonSQS') return queueCall(name, input);
  if (api === 'AmazonSSM') return parameterCall(name, input);
  if (api === 'AmazonEC2ContainerServiceV20141113') return serviceCall(name, input);
  throw new Error(`a call that is not known here: ${target}`);
}

type Attribute = { readonly S: string };
type Item = Readonly<Record<string, Attribute>>;
type Input = Readonly<Record<string, unknown>> & {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ExpressionAttributeValues?: Item;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly QueueUrl?: string;
  readonly cluster?: string;
  readonly service?: string;
  readonly services?: readonly string[];
  readonly task?: string;
  readonly tasks?: readonly string[];
  readonly taskDefinition?: string;
  readonly Path?: string;
};

function itemCall(name: string, input: Input): Call {
  const tables = input.TableName === undefined ? Object.keys(input.RequestItems ?? {}) : [input.TableName];
  const keys = [
    ...(input.Key?.['pk'] ? [input.Key['pk'].S] : []),
    ...(input.Item?.['pk'] ? [input.Item['pk'].S] : []),
    ...(name === 'Query' ? [input.ExpressionAttributeValues?.[':pk']?.S ?? ''] : []),
    ...[...JSON.stringify(input.RequestItems ?? {}).matchAll(/"pk":\{"S":"([^"]*)"\}/g)].map(
      ([, pk = '']) => pk,
    ),
  ];
  return {
    action: `dynamodb:${name}`,
    resources: tables.map((table) => arn('dynamodb', `table/${table}`)),
    context: keys.length > 0 ? { 'dynamodb:LeadingKeys': keys } : {},
  };
}

function queueCall(name: string, { QueueUrl: url = '' }: Input): Call {
  return { action: `sqs:${name}`, resources: [arn('sqs', url.split('/').at(-1) ?? '')], context: {} };
}

function parameterCall(name: string, { Path: path = '' }: Input): Call {
  return { action: `ssm:${name}`, resources: [arn('ssm', `parameter${path}`)], context: {} };
}

function serviceCall(name: string, input: Input): Call {
  const last = (ref: string) => ref.split('/').at(-1) ?? '';
  const cluster = last(input.cluster ?? 'default');
  const services = [input.service, ...(input.services ?? [])].filter((each) => each !== undefined);
  const tasks = [input.task, ...(input.tasks ?? [])].filter((each) => each !== undefined);
  const resources = [
    ...services.map((each) => arn('ecs', `service/${cluster}/${last(each)}`)),
    ...tasks.map((each) => arn('ecs', `task/${cluster}/${last(each)}`)),
    ...(name === 'RunTask' ? [arn('ecs', `task-definition/${last(input.taskDefinition ?? '')}`)] : []),
  ];
  return { action: `ecs:${name}`, resources, context: {} };
}

function objectCall(method: string, { pathname, searchParams }: URL, body: Buffer): Call {
  const [, bucket = '', ...parts] = decodeURIComponent(pathname).split('/');
  const key = parts.join('/');
  const object = (each: string) => `arn:aws:s3:::${bucket}/${each}`;
  if (method === 'POST' && searchParams.has('delete')) {
    const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, each = '']) => each);
    return { action: 's3:DeleteObject', resources: keys.map(object), context: {} };
  }
  if (key === '') return { action: 's3:ListBucket', resources: [`arn:aws:s3:::${bucket}`], context: {} };
  const actions: Readonly<Record<string, string>> = {
    GET: 'GetObject',
    PUT: 'PutObject',
    DELETE: 'DeleteObject',
  };
  return { action: `s3:${actions[method] ?? method}`, resources: [object(key)], context: {} };
}
