import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { as, bucket, cluster, physical, queueUrl, service, table } from './deployed.ts';

const key = (pk: string) => ({ TableName: table(), Key: { pk: { S: pk }, sk: { S: 'HEAD' } } });
const object = (name: string) => ({ Bucket: bucket(), Key: name });
const message = () => ({ QueueUrl: queueUrl(), ReceiptHandle: 'x' });
export const definition = () => physical('AWS::ECS::TaskDefinition', 'TaskDefinition');

/** What a role must not do: the role, the attempt in words, and the attempt. */
export const REFUSED: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  [
    'scale',
    'read a context',
    () => as(DynamoDBClient, 'scale').send(new GetItemCommand(key('CONTEXT#echo#1'))),
  ],
  ['scale', 'read a task', () => as(DynamoDBClient, 'scale').send(new GetItemCommand(key('TASK#echo#1')))],
  [
    'scale',
    'read all of the table',
    () => as(DynamoDBClient, 'scale').send(new ScanCommand({ TableName: table() })),
  ],
  [
    'scale',
    'receive a message',
    () => as(SQSClient, 'scale').send(new ReceiveMessageCommand({ QueueUrl: queueUrl() })),
  ],
  [
    'scale',
    'read an object',
    () => as(S3Client, 'scale').send(new GetObjectCommand(object('contexts/echo/1'))),
  ],
  [
    'scale',
    'start a task',
    () =>
      as(ECSClient, 'scale').send(new RunTaskCommand({ cluster: cluster(), taskDefinition: definition() })),
  ],
  [
    'scale',
    'stop a task of another cluster',
    () => as(ECSClient, 'scale').send(new StopTaskCommand({ cluster: 'other', task: 'agent-1' })),
  ],
  [
    'scale',
    'list the tasks of another cluster',
    () => as(ECSClient, 'scale').send(new ListTasksCommand({ cluster: 'other' })),
  ],
  [
    'scale',
    'resize another service',
    () =>
      as(ECSClient, 'scale').send(
        new UpdateServiceCommand({ cluster: cluster(), service: 'other', desiredCount: 1 }),
      ),
  ],
  [
    'reconcile',
    'read agents',
    () =>
      as(DynamoDBClient, 'reconcile').send(
        new QueryCommand({
          TableName: table(),
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'POOL#echo#AGENTS' } },
        }),
      ),
  ],
  [
    'reconcile',
    'resize the service',
    () =>
      as(ECSClient, 'reconcile').send(
        new UpdateServiceCommand({ cluster: cluster(), service: service(), desiredCount: 1 }),
      ),
  ],
  [
    'compact',
    'read a task',
    () => as(DynamoDBClient, 'compact').send(new GetItemCommand(key('TASK#echo#1'))),
  ],
  [
    'compact',
    'read a payload',
    () => as(S3Client, 'compact').send(new GetObjectCommand(object('payloads/echo/1'))),
  ],
  [
    'compact',
    'receive a message',
    () => as(SQSClient, 'compact').send(new ReceiveMessageCommand({ QueueUrl: queueUrl() })),
  ],
  [
    'agent',
    'read a context of another pool',
    () => as(DynamoDBClient, 'agent').send(new GetItemCommand(key('CONTEXT#other#1'))),
  ],
  [
    'agent',
    'write a record of another pool',
    () =>
      as(DynamoDBClient, 'agent').send(
        new PutItemCommand({ TableName: table(), Item: { pk: { S: 'POOL#other' }, sk: { S: 'STATE' } } }),
      ),
  ],
  [
    'agent',
    "write its own pool's state",
    () =>
      as(DynamoDBClient, 'agent').send(
        new PutItemCommand({ TableName: table(), Item: { pk: { S: 'POOL#echo' }, sk: { S: 'STATE' } } }),
      ),
  ],
  [
    'agent',
    'write results of another pool',
    () => as(S3Client, 'agent').send(new PutObjectCommand({ ...object('results/other/1'), Body: 'x' })),
  ],
  [
    'agent',
    'delete a snapshot',
    () => as(S3Client, 'agent').send(new DeleteObjectCommand(object('contexts/echo/1'))),
  ],
  [
    'agent',
    'delete from the dead-letter queue',
    () =>
      as(SQSClient, 'agent').send(
        new DeleteMessageCommand({
          ...message(),
          QueueUrl: physical('AWS::SQS::Queue', 'DeadLetter').trim(),
        }),
      ),
  ],
  [
    'agent',
    'send tasks',
    () => as(SQSClient, 'agent').send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'x' })),
  ],
  [
    'agent',
    'resize the service',
    () =>
      as(ECSClient, 'agent').send(
        new UpdateServiceCommand({ cluster: cluster(), service: service(), desiredCount: 1 }),
      ),
  ],
  [
    'agent',
    'register another task definition',
    () =>
      as(ECSClient, 'agent').send(
        new RegisterTaskDefinitionCommand({ family: 'x', containerDefinitions: [] }),
      ),
  ],
];
