import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type LocalFunction, startFunction } from '../../local/lambda/local-function.ts';
import { dynamoDecisions } from '../../shared/aws/dynamo-decisions.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { lastDecision as newest } from '../../shared/ports/decision-log.ts';
import { assume, type Credentials, createAdministrator, environmentFor } from './aws.ts';
import {
  cdk,
  type DeployedResource,
  resourcesOf,
  scratch,
  synthesizeForMoto,
  unpackFunction,
} from './deployment.ts';
import { type Gate, startGate } from './gate.ts';
import { type MotoServer, startMoto } from './moto-server.ts';

/** The stack as a user deploys it, into moto: what its functions do under their roles, and what those may not do. */
export const POOL = {
  name: 'echo',
  handler: './agent/handlers/echo.ts',
  min: 1,
  max: 8,
  // One look for each call of the function.
  tickSeconds: 60,
  policies: ['utilization', 'backlog'],
  scaleInStabilizationSeconds: 0,
} satisfies PoolInput;
export const ANYBODY: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export let moto: MotoServer;
export let gate: Gate;
export let assembly: string;
let resources: readonly DeployedResource[];
export let administrator: Credentials;
export const roles = new Map<string, Credentials>();
const functions = new Map<string, LocalFunction>();

const find = (type: string, part: string) => {
  const found = resources.find((each) => each.type === type && each.logicalId.includes(part));
  if (!found) throw new Error(`no ${type} ${part} was deployed`);
  return found;
};
export const physical = (type: string, part: string) => find(type, part).physicalId;

/** A client with a role's credentials, through the gate; or the administrator's. */
export function as<Client>(Client: new (config: object) => Client, role: string | Credentials): Client {
  const credentials = typeof role === 'string' ? roles.get(role) : role;
  return new Client({
    endpoint: gate.endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
}
export const motoAsks = (who: boolean) =>
  fetch(`${moto.endpoint}/moto-api/reset-auth`, { method: 'POST', body: who ? '0' : 'inf' });

/** Deploys the stack into moto, and takes its functions and its roles from there. */
export async function deployIntoMoto(): Promise<void> {
  moto = await startMoto();
  gate = await startGate(moto);
  const environment = environmentFor(moto.endpoint, ANYBODY);
  assembly = await synthesizeForMoto(environment, [POOL]);
  await cdk(environment, 'bootstrap');
  await cdk(environment, 'deploy', '--app', assembly, '--require-approval', 'never');
  const admin = { endpoint: moto.endpoint, region: 'us-east-1', credentials: ANYBODY };
  resources = await resourcesOf(new CloudFormationClient(admin));
  const iam = new IAMClient(admin);
  administrator = await createAdministrator(iam);
  const sts = new STSClient(admin);
  for (const [name, part] of [
    ['scale', 'ScalerRole'],
    ['reconcile', 'ReconcilerRole'],
    ['compact', 'CompactorRole'],
    ['agent', 'AgentsTaskRole'],
  ] as const) {
    roles.set(name, await assume({ iam, sts, gate }, physical('AWS::IAM::Role', part)));
  }
  const lambda = new LambdaClient(admin);
  const s3 = new S3Client({ ...admin, forcePathStyle: true });
  for (const [name, part] of [
    ['scale', 'ScalerFunction'],
    ['reconcile', 'ReconcilerFunction'],
    ['compact', 'CompactorFunction'],
  ] as const) {
    const { logicalId, physicalId } = find('AWS::Lambda::Function', part);
    const { Environment: deployed, Timeout: timeoutSeconds = 3 } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: physicalId }),
    );
    const entry = await unpackFunction(s3, assembly, logicalId);
    const environment = environmentFor(gate.endpoint, roles.get(name) ?? ANYBODY);
    functions.set(
      name,
      startFunction(
        { logicalId, entry, environment: { ...deployed?.Variables }, timeoutSeconds },
        { environment, logFile: join(scratch, `${name}.log`) },
      ),
    );
  }
  await motoAsks(true);
}

export async function endMoto(): Promise<void> {
  await Promise.all([...functions.values()].map((each) => each.close()));
  await gate.close();
  moto.close();
  await rm(scratch, { recursive: true });
}

export const call = (name: string, event: object = {}) => functions.get(name)?.invoke(event);
export const queueUrl = () => physical('AWS::SQS::Queue', 'TasksQueue').trim();
export const table = () => physical('AWS::DynamoDB::Table', 'Table');
export const bucket = () => physical('AWS::S3::Bucket', 'Contexts');
export const cluster = () => physical('AWS::ECS::Cluster', 'Cluster');
export const service = () => physical('AWS::ECS::Service', 'Service');
export const desiredCount = async () => {
  const { services = [] } = await as(ECSClient, administrator).send(
    new DescribeServicesCommand({ cluster: cluster(), services: [service()] }),
  );
  return services[0]?.desiredCount;
};
/** The agents' own records, written under the agents' own role. */
export const store = () =>
  dynamoPoolStore(
    { dynamo: DynamoDBDocumentClient.from(as(DynamoDBClient, 'agent')), table: table() },
    'echo',
  );
export const lastDecision = async () => {
  const dynamo = DynamoDBDocumentClient.from(as(DynamoDBClient, administrator));
  const last = await newest(dynamoDecisions({ dynamo, table: table() }, 'echo'));
  return last?.kind === 'decision' ? last.record : undefined;
};
