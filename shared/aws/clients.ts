import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Credentials, region and endpoints come from the environment, as everywhere with the AWS SDK. */
const RETRIES = { maxAttempts: 4, retryMode: 'standard' } as const;

/** No call may outlive a tick. Long polls, of up to 20 seconds, are given longer. */
const SHORT = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
const LONG_POLL = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 25_000, throwOnRequestTimeout: true },
};

export function dynamoClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...RETRIES, ...SHORT }), {
    marshallOptions: { removeUndefinedValues: true },
  });
}

export function ecsClient(): ECSClient {
  return new ECSClient({ ...RETRIES, ...SHORT });
}

/** Queue URLs name an account's queue, but not necessarily a host that resolves: calls go to the endpoint. */
export function sqsClient(): SQSClient {
  return new SQSClient({ ...RETRIES, ...LONG_POLL, useQueueUrlAsEndpoint: false });
}

/** A custom endpoint seldom has a host name for each bucket, so there the bucket goes into the path. */
export function s3Client(environment: NodeJS.ProcessEnv = process.env): S3Client {
  const custom = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  return new S3Client({ ...RETRIES, ...SHORT, forcePathStyle: custom !== undefined });
}
