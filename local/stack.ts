import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dynamoClient, ecsClient, s3Client, sqsClient, ssmClient } from '../shared/aws/clients.ts';
import { LOCAL_LOGS_OUTPUT, parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';
import { type PoolInput, parseProject } from '../shared/core/pool/config.ts';
import { projectRoot } from '../shared/project/own-files.ts';
import { deploy } from './deploy/deploy.ts';
import { ecsResources } from './deploy/ecs-resources.ts';
import {
  type DeployedAlarm,
  type DeployedDashboard,
  nothingDeployed,
  processResources,
} from './deploy/process-resources.ts';
import { storedResources } from './deploy/stored-resources.ts';
import { synthesize, type Template } from './deploy/synthesize.ts';
import { type LocalEcs, startEcs } from './ecs/server.ts';
import type { Container } from './ecs/task-process.ts';
import { type Emulators, startEmulators } from './emulators.ts';
import type { Service } from './faults/fault-proxy.ts';
import { type LocalFunction, startFunction } from './lambda/local-function.ts';
import { startRules } from './lambda/rules.ts';
import { startLambda } from './lambda/server.ts';
import { startSsm } from './ssm.ts';

/** ECS doesn't stop surplus tasks immediately either. */
const SCALE_IN_DELAY_MS = 200;

/** The services that clients call. */
export type Endpoint = 'sqs' | 's3' | 'dynamodb' | 'ecs' | 'ssm' | 'lambda';

export type LocalStackOptions = {
  readonly pools: readonly PoolInput[];
  /** The synthesized template of these pools, where the caller has it already. */
  readonly template?: Template;
  /** Time until the process of a requested agent starts. */
  readonly startDelayMs: number;
  /** How long a second of an agent's health check takes. Default: a second. */
  readonly healthCheckSecondMs?: number;
  /** Missing in an account that has never used ECS. Default: exists. */
  readonly serviceLinkedRole?: 'exists' | 'missing';
  /** Variables of this machine for a pool's agents, by pool. */
  readonly variables?: PoolVariables;
  /** Directory for the logs of agents and functions. */
  readonly logDirectory: string;
  /** Directory for the files by which other processes find the stack. Default: that of the logs. */
  readonly filesDirectory?: string;
  /** Where queues, tables and objects are kept, for the next stack. Default: in memory. */
  readonly dataDirectory?: string | undefined;
  /** Ports that the services get where they're free, by which other processes find them again. Default: any. */
  readonly ports?: Readonly<Partial<Record<Endpoint, number>>>;
  /** Invoke functions by their rules. If false, only through {@link LocalStack.functions}. */
  readonly scheduled: boolean;
  /** Puts a proxy in front of an emulator: takes its endpoint and the proxy's port, and returns the proxy's endpoint. */
  readonly through?: (service: Service, endpoint: string, port?: number) => Promise<string>;
  /** Called for each failed invocation. The function's log has the details. */
  readonly onError?: (error: Error) => void;
};

type PoolVariables = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

/** The whole stack on this machine. */
export type LocalStack = {
  readonly ecs: LocalEcs;
  readonly emulators: Emulators;
  readonly endpoints: Readonly<Record<Endpoint, string>>;
  /** The outputs of the stack. */
  readonly outputs: StackOutputs;
  /** The outputs in a file, in the format of `cdk deploy --outputs-file`, for the command line. */
  readonly outputsFile: string;
  /** A file for `source` or `node --env-file` that makes AWS clients in other processes use this stack. */
  readonly environmentFile: string;
  readonly functions: readonly LocalFunction[];
  /** Dashboards as CloudWatch would have them. */
  readonly dashboards: readonly DeployedDashboard[];
  readonly alarms: readonly DeployedAlarm[];
  readonly logDirectory: string;
  /**
   * Deploys other pools, or the same with other settings, like a deployment on AWS: agents whose definition has changed are
   * replaced, each after its current task, and queues, tables and objects stay.
   */
  update(pools: readonly PoolInput[], variables: PoolVariables): Promise<void>;
  /** Stops all agents like ECS, so that they return their tasks, and then everything. */
  shutDown(): Promise<void>;
  /** Stops everything immediately. */
  close(): Promise<void>;
};

/**
 * Starts the emulators, deploys the CDK app's template for these pools into them, and invokes the functions by their
 * rules. Points this process's AWS clients at the emulators, through environment variables.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const pools = parseProject(options.pools);
  const { logDirectory, filesDirectory = logDirectory, through, ports = {}, onError = () => {} } = options;
  let { variables = {} } = options;
  await mkdir(logDirectory, { recursive: true });
  // A proxy has the port of what it stands in front of.
  const own = (service: Service) => (through === undefined ? ports[service] : undefined);
  const [template, emulators] = await Promise.all([
    options.template ?? synthesize(pools),
    startEmulators({
      dataDirectory: options.dataDirectory,
      ports: { sqsAndS3: own('sqs'), dynamo: own('dynamodb') },
    }),
  ]);
  const seen = (service: Service, endpoint: string) =>
    through?.(service, endpoint, ports[service]) ?? Promise.resolve(endpoint);
  const ssm = await startSsm(ports.ssm);
  let functions: readonly LocalFunction[] = [];
  const lambda = await startLambda(() => functions, onError, ports.lambda);
  const withoutEcs = {
    sqs: await seen('sqs', emulators.sqsAndS3),
    s3: await seen('s3', emulators.sqsAndS3),
    dynamodb: await seen('dynamodb', emulators.dynamo),
    ssm: ssm.endpoint,
    lambda: lambda.endpoint,
  };
  const ecs = await startEcs({
    port: own('ecs'),
    startDelayMs: options.startDelayMs,
    scaleInDelayMs: SCALE_IN_DELAY_MS,
    logDirectory,
    workingDirectory: projectRoot,
    environment: awsEnvironment(withoutEcs),
    variablesOf: (container) => variables[poolOf(container)] ?? {},
    healthCheckSecondMs: options.healthCheckSecondMs ?? 1000,
    serviceLinkedRole: options.serviceLinkedRole ?? 'exists',
  });
  const endpoints = { ...withoutEcs, ecs: await seen('ecs', ecs.endpoint) };
  const environment = awsEnvironment(endpoints);
  Object.assign(process.env, environment);
  const stored = { sqs: sqsClient(), s3: s3Client(), dynamo: dynamoClient(), ssm: ssmClient() };
  const deployed = nothingDeployed();
  const types = { ...storedResources(stored), ...ecsResources(ecsClient()), ...processResources(deployed) };
  let release: Awaited<ReturnType<typeof deploy>> | undefined;
  let outputs: Readonly<Record<string, unknown>>;
  let files: Awaited<ReturnType<typeof writeFiles>>;
  let stopRules = () => {};

  async function deployTemplate(next: Template): Promise<void> {
    release = await deploy(next, types, release?.resources);
    outputs = { ...release.outputs, [LOCAL_LOGS_OUTPUT]: resolve(logDirectory) };
    files = await writeFiles(filesDirectory, outputs, environment);
    stopRules();
    functions = await replaceFunctions();
    if (!options.scheduled) return;
    stopRules = startRules([...deployed.rules.values()], { functions, ecs, onError });
  }

  /** New processes, because one at work has the settings of its start. */
  async function replaceFunctions(): Promise<readonly LocalFunction[]> {
    await Promise.all(functions.map((local) => local.close()));
    return [...deployed.functions.values()].map((definition) =>
      startFunction(definition, { environment, logFile: join(logDirectory, `${definition.logicalId}.log`) }),
    );
  }

  async function close(): Promise<void> {
    stopRules();
    await Promise.all(functions.map((local) => local.close()));
    await ecs.close();
    await Promise.all([ssm.close(), lambda.close()]);
    await emulators.close();
  }

  await deployTemplate(template);
  return {
    ecs,
    emulators,
    endpoints,
    get outputs() {
      return parseStackOutputs(outputs);
    },
    get outputsFile() {
      return files.outputsFile;
    },
    get environmentFile() {
      return files.environmentFile;
    },
    get functions() {
      return functions;
    },
    get dashboards() {
      return [...deployed.dashboards.values()];
    },
    get alarms() {
      return [...deployed.alarms.values()];
    },
    logDirectory,
    async update(next, nextVariables) {
      const updated = await synthesize(parseProject(next));
      variables = nextVariables;
      await deployTemplate(updated);
    },
    async shutDown() {
      stopRules();
      await ecs.scheduler.stopAll();
      await close();
    },
    close,
  };
}

/** An agent's container names its pool. */
function poolOf({ environment }: Container): string {
  const json: string | undefined = environment['AGENTPOOL_POOL'];
  return json === undefined ? '' : (JSON.parse(json) as { name: string }).name;
}

/** Writes the files that other processes need to use the stack. */
async function writeFiles(
  directory: string,
  outputs: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>>,
): Promise<Pick<LocalStack, 'outputsFile' | 'environmentFile'>> {
  const [outputsFile, environmentFile] = [join(directory, 'outputs.json'), join(directory, 'environment')];
  const variables = Object.entries({ ...environment, AGENTPOOL_OUTPUTS: outputsFile });
  await writeFile(outputsFile, JSON.stringify({ Agentpool: outputs }));
  await writeFile(environmentFile, variables.map(([name, value]) => `export ${name}='${value}'\n`).join(''));
  return { outputsFile, environmentFile };
}

/** Environment variables that point the SDK at the emulators, with dummy credentials. */
export function awsEnvironment(
  endpoints: Readonly<Partial<Record<Endpoint, string>>>,
): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    // For the AWS CLI before version 2, and boto3.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...Object.fromEntries(
      Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, url]),
    ),
    // Keep the SDK from reading the user's files and from asking instance metadata for credentials.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
