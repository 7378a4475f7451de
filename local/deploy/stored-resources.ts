import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueNameExists,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { ResourceType } from './deploy.ts';

type Clients = {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
  readonly ssm: SSMClient;
};

/** What keeps the stack's data. Like in the template, what has data stays when it's removed. */
export function storedResources({ sqs, s3, dynamo, ssm }: Clients): Record<string, ResourceType> {
  return {
    'AWS::DynamoDB::Table': {
      async put(properties, logicalId) {
        const { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes } =
          properties as unknown as CreateTableCommandInput;
        await dynamo
          .send(
            new CreateTableCommand({
              TableName: logicalId,
              AttributeDefinitions,
              KeySchema,
              BillingMode,
              ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
            }),
          )
          .catch(unlessItExists(ResourceInUseException));
        await waitUntilTableExists(
          { client: dynamo, maxWaitTime: 10, minDelay: 0.1 },
          { TableName: logicalId },
        );
        return { ref: logicalId };
      },
    },

    'AWS::S3::Bucket': {
      async put(_properties, logicalId) {
        const bucket = logicalId.toLowerCase();
        await s3
          .send(new CreateBucketCommand({ Bucket: bucket }))
          .catch(unlessItExists(BucketAlreadyOwnedByYou));
        return { ref: bucket };
      },
    },

    'AWS::SQS::Queue': {
      async put(properties, logicalId) {
        const name = properties['FifoQueue'] === true ? `${logicalId}.fifo` : logicalId;
        const url = await putQueue(sqs, name, queueAttributes(properties));
        return {
          ref: url,
          attributes: { Arn: `arn:aws:sqs:us-east-1:000000000000:${name}`, QueueName: name },
        };
      },
    },

    'AWS::SSM::Parameter': {
      async put(properties) {
        const { Name, Value, Type } = parameterProperties.parse(properties);
        await ssm.send(new PutParameterCommand({ Name, Value, Type, Overwrite: true }));
        return { ref: Name };
      },
      async remove({ ref }) {
        await ssm.send(new DeleteParameterCommand({ Name: ref }));
      },
    },
  };
}

/** An existing queue gets the attributes that differ: the emulator refuses to set some of those it was created with. */
async function putQueue(
  sqs: SQSClient,
  name: string,
  attributes: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    const created = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return created.QueueUrl ?? '';
  } catch (error) {
    unlessItExists(QueueNameExists)(error);
    const { QueueUrl: url = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    const existing: Readonly<Partial<Record<string, string>>> = Attributes ?? {};
    const differing = Object.entries(attributes).filter(
      ([attribute, value]) => value !== existing[attribute],
    );
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: url, Attributes: Object.fromEntries(differing) }),
    );
    return url;
  }
}

/** For `catch`. @throws every other error. */
function unlessItExists(exists: new (...args: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof exists)) throw error;
  };
}

const parameterProperties = z.object({ Name: z.string(), Value: z.string(), Type: z.literal('String') });

/** Converts properties to the API's queue attributes, which are all strings; objects become JSON. */
function queueAttributes(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const { Tags: _tags, QueueName: _name, ...attributes } = properties;
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
