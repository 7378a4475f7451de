import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The AWS SDK reads credentials, region and endpoints from the environment. */
const RETRIES = { maxAttempts: 4, retryMode: 'standard' } as const;

/** No call may outlive a tick. Long polls of up to 20 seconds get more time. */
const SHORT = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
const LONG_POLL = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 25_000, throwOnRequestTimeout: true },
};

export function dynamoClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ ...RETRIES, ...SHORT }), {
    // A map may have a key `constructor`, such as the tasks of an agent. It looks like an instance of a class then.
    marshallOptions: { removeUndefinedValues: true, convertClassInstanceToMap: true },
  });
}

export function ecsClient(): ECSClient {
  return new ECSClient({ ...RETRIES, ...SHORT });
}

export function ssmClient(): SSMClient {
  return new SSMClient({ ...RETRIES, ...SHORT });
}

/** For calls that may fail: what they ask for happens a little later without them. */
export function lambdaClient(): LambdaClient {
  return new LambdaClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
}

export function cloudWatchLogsClient(): CloudWatchLogsClient {
  return new CloudWatchLogsClient({ ...RETRIES, ...SHORT });
}

/** A queue URL's host doesn't always resolve, so calls go to the endpoint instead. */
export function sqsClient(): SQSClient {
  return new SQSClient({ ...RETRIES, ...LONG_POLL, useQueueUrlAsEndpoint: false });
}

/** Custom endpoints rarely have a host name per bucket, so the bucket goes into the path. */
export function s3Client(environment: NodeJS.ProcessEnv = process.env): S3Client {
  const custom = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  return new S3Client({ ...RETRIES, ...SHORT, forcePathStyle: custom !== undefined });
}
