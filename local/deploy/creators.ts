import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Tag,
} from '@aws-sdk/client-ecs';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { ownModule } from '../../shared/project/own-files.ts';
import type { Creator } from './deploy.ts';
import type { EventPattern } from './event-pattern.ts';

export type AwsClients = {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly dynamo: DynamoDBClient;
  readonly ecs: ECSClient;
  readonly ssm: SSMClient;
};

/** A function of the stack, ready to be invoked. */
export type DeployedFunction = {
  readonly logicalId: string;
  /** The file with its handler. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
};

/** `input` is what the function gets instead of the event. */
export type RuleTarget = { readonly functionId: string; readonly input?: unknown };
/** A rule that invokes functions: on a schedule, or for each event that matches a pattern. */
export type DeployedRule = { readonly targets: readonly RuleTarget[] } & (
  | { readonly kind: 'schedule'; readonly everySeconds: number }
  | { readonly kind: 'events'; readonly pattern: EventPattern }
);

/** Resources that exist only in this process. */
export type Deployed = {
  readonly functions: DeployedFunction[];
  readonly dashboards: { readonly name: string; readonly body: string }[];
  readonly alarms: { readonly name: string; readonly properties: Readonly<Record<string, unknown>> }[];
  readonly rules: DeployedRule[];
};

const dashboardProperties = z.object({ DashboardName: z.string(), DashboardBody: z.string() });

const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };

/** Returns a creator for each resource type, which uses the real AWS clients. Creators add to `deployed`. */
export function createCreators(
  { sqs, s3, dynamo, ecs, ssm }: AwsClients,
  deployed: Deployed,
): Record<string, Creator> {
  return {
    'AWS::DynamoDB::Table': async (properties, logicalId) => {
      const { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes } =
        properties as unknown as CreateTableCommandInput;
      await dynamo.send(
        new CreateTableCommand({
          TableName: logicalId,
          AttributeDefinitions,
          KeySchema,
          BillingMode,
          ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
        }),
      );
      await waitUntilTableExists(
        { client: dynamo, maxWaitTime: 10, minDelay: 0.1 },
        { TableName: logicalId },
      );
      return { ref: logicalId };
    },

    'AWS::S3::Bucket': async (_properties, logicalId) => {
      const bucket = logicalId.toLowerCase();
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return { ref: bucket };
    },

    'AWS::SQS::Queue': async (properties, logicalId) => {
      const name = properties['FifoQueue'] === true ? `${logicalId}.fifo` : logicalId;
      const { QueueUrl: url = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: name, Attributes: queueAttributes(properties) }),
      );
      return { ref: url, attributes: { Arn: `arn:aws:sqs:us-east-1:000000000000:${name}`, QueueName: name } };
    },

    'AWS::SSM::Parameter': async (properties) => {
      const { Name, Value, Type } = parameterProperties.parse(properties);
      await ssm.send(new PutParameterCommand({ Name, Value, Type }));
      return { ref: Name };
    },

    'AWS::ECS::Cluster': async (_properties, logicalId) => {
      const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: logicalId }));
      return { ref: logicalId, attributes: { Arn: cluster?.clusterArn ?? '' } };
    },

    'AWS::ECS::TaskDefinition': async (properties) => {
      const containers = properties['ContainerDefinitions'] as Record<string, unknown>[];
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: properties['Family'] as string,
          tags: lowerCaseKeys(tagList.parse(properties['Tags'] ?? [])) as Tag[],
          containerDefinitions: containers.map(
            lowerCaseKeys,
          ) as RegisterTaskDefinitionCommandInput['containerDefinitions'],
        }),
      );
      return { ref: taskDefinition?.taskDefinitionArn ?? '' };
    },

    'AWS::ECS::Service': async (properties, logicalId) => {
      const serviceName = (properties['ServiceName'] as string | undefined) ?? logicalId;
      // The template sets no desired count. CloudFormation creates such a service with a count of 1.
      const { service } = await ecs.send(
        new CreateServiceCommand({
          cluster: properties['Cluster'] as string,
          serviceName,
          taskDefinition: properties['TaskDefinition'] as string,
          desiredCount: 1,
          ...(lowerCaseKeys(serviceProperties.parse(properties)) as Partial<CreateServiceCommandInput>),
        }),
      );
      return {
        ref: service?.serviceArn ?? '',
        attributes: { Name: serviceName, ServiceArn: service?.serviceArn ?? '' },
      };
    },

    'AWS::Lambda::Function': async (properties, logicalId, { Metadata: metadata }) => {
      const { Environment: environment, Timeout: timeout } = lambdaProperties.parse(properties);
      deployed.functions.push({
        logicalId,
        entry: ownModule(z.string().parse(metadata?.['agentpool:module'])),
        environment: environment.Variables,
        timeoutSeconds: timeout,
      });
      return { ref: logicalId, attributes: { Arn: logicalId } };
    },

    // There is no local CloudWatch: the console evaluates alarms and draws dashboards.
    'AWS::CloudWatch::Alarm': async (properties, logicalId) => {
      deployed.alarms.push({ name: logicalId, properties });
      const arn = `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${logicalId}`;
      return { ref: logicalId, attributes: { Arn: arn } };
    },
    'AWS::CloudWatch::Dashboard': async (properties, logicalId) => {
      const { DashboardName: name, DashboardBody: body } = dashboardProperties.parse(properties);
      deployed.dashboards.push({ name, body });
      return { ref: logicalId };
    },

    'AWS::Events::Rule': async (properties, logicalId) => {
      const {
        ScheduleExpression: schedule,
        EventPattern: pattern,
        Targets: targets,
      } = ruleProperties.parse(properties);
      if (schedule === undefined) {
        deployed.rules.push({ kind: 'events', pattern: pattern as EventPattern, targets });
        return { ref: logicalId };
      }
      const [, count, unit = ''] = RATE.exec(schedule) ?? [];
      const minutes = Number(count) * (MINUTES[unit] ?? Number.NaN);
      if (Number.isNaN(minutes))
        throw new Error(
          `${logicalId}: unsupported schedule ${schedule}: expected rate(N minutes|hours|days)`,
        );
      deployed.rules.push({ kind: 'schedule', everySeconds: 60 * minutes, targets });
      return { ref: logicalId };
    },
  };
}

const parameterProperties = z.object({ Name: z.string(), Value: z.string(), Type: z.literal('String') });

const lambdaProperties = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
  Timeout: z.number(),
});

const tagList = z.array(z.object({ Key: z.string(), Value: z.string() }));

/** What the local ECS knows of a service, besides its task definition. */
const serviceProperties = z.object({
  CapacityProviderStrategy: z.array(z.record(z.string(), z.unknown())).optional(),
  DeploymentConfiguration: z
    .object({ DeploymentCircuitBreaker: z.object({ Enable: z.boolean(), Rollback: z.boolean() }).optional() })
    .optional(),
  Tags: tagList.optional(),
  PropagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).optional(),
  EnableECSManagedTags: z.boolean().optional(),
});

const ruleProperties = z.object({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  Targets: z.array(
    z.object({ Arn: z.string(), Input: z.string().optional() }).transform(({ Arn, Input }) => ({
      functionId: Arn,
      ...(Input && { input: JSON.parse(Input) as unknown }),
    })),
  ),
});

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

/** Converts CloudFormation's `StopTimeout` to the API's `stopTimeout`, and so on. */
function lowerCaseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCaseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      lowerCaseKeys(part),
    ]),
  );
}
