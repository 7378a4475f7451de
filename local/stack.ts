import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dynamoClient, ecsClient, s3Client, sqsClient, ssmClient } from '../shared/aws/clients.ts';
import { parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';
import { type PoolInput, parseProject } from '../shared/core/pool/config.ts';
import { projectRoot } from '../shared/project/own-files.ts';
import { createCreators, type Deployed, type DeployedRule } from './deploy/creators.ts';
import { deploy } from './deploy/deploy.ts';
import { matches } from './deploy/event-pattern.ts';
import { synthesize, type Template } from './deploy/synthesize.ts';
import { type LocalEcs, startEcs } from './ecs/server.ts';
import { taskStateChange } from './ecs/shapes.ts';
import type { Container } from './ecs/task-process.ts';
import { type Emulators, startEmulators } from './emulators.ts';
import type { Service } from './faults/fault-proxy.ts';
import { type LocalFunction, startFunction } from './lambda/local-function.ts';
import { startLambda } from './lambda/server.ts';
import { startSsm } from './ssm.ts';

/** ECS doesn't stop surplus tasks immediately either. */
const SCALE_IN_DELAY_MS = 200;

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
  readonly variables?: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;
  /** Directory for the logs of agents and functions. */
  readonly logDirectory: string;
  /** Invoke functions by their rules. If false, only through {@link LocalStack.functions}. */
  readonly scheduled: boolean;
  /** Puts a proxy in front of an emulator: takes its endpoint and returns the proxy's. */
  readonly through?: (service: Service, endpoint: string) => Promise<string>;
  /** Called for each failed invocation. The function's log has the details. */
  readonly onError?: (error: Error) => void;
};

/** The whole stack on this machine. */
export type LocalStack = {
  readonly ecs: LocalEcs;
  readonly emulators: Emulators;
  /** The outputs of the stack. */
  readonly outputs: StackOutputs;
  /** The outputs in a file, in the format of `cdk deploy --outputs-file`, for the command line. */
  readonly outputsFile: string;
  /** A file for `source` or `node --env-file` that makes AWS clients in other processes use this stack. */
  readonly environmentFile: string;
  readonly functions: readonly LocalFunction[];
  /** Dashboards as CloudWatch would have them. */
  readonly dashboards: Deployed['dashboards'];
  readonly alarms: Deployed['alarms'];
  readonly logDirectory: string;
  /** Stops everything immediately. */
  close(): Promise<void>;
};

/**
 * Starts the emulators, deploys the CDK app's template for these pools into them, and invokes the functions by their
 * rules. Points this process's AWS clients at the emulators, through environment variables.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const pools = parseProject(options.pools);
  await mkdir(options.logDirectory, { recursive: true });
  const [template, emulators] = await Promise.all([options.template ?? synthesize(pools), startEmulators()]);
  const through = options.through ?? (async (_service: Service, endpoint: string) => endpoint);
  const ssm = await startSsm();
  const onError = options.onError ?? (() => {});
  let functions: readonly LocalFunction[] = [];
  const lambda = await startLambda(() => functions, onError);
  const environment = awsEnvironment({
    sqs: await through('sqs', emulators.sqsAndS3),
    s3: await through('s3', emulators.sqsAndS3),
    dynamo: await through('dynamodb', emulators.dynamo),
    ssm: ssm.endpoint,
    lambda: lambda.endpoint,
  });
  const ecs = await startEcs({
    startDelayMs: options.startDelayMs,
    scaleInDelayMs: SCALE_IN_DELAY_MS,
    logDirectory: options.logDirectory,
    workingDirectory: projectRoot,
    environment,
    variablesOf: (container) => options.variables?.[poolOf(container)] ?? {},
    healthCheckSecondMs: options.healthCheckSecondMs ?? 1000,
    serviceLinkedRole: options.serviceLinkedRole ?? 'exists',
  });
  const ecsEndpoint = { AWS_ENDPOINT_URL_ECS: await through('ecs', ecs.endpoint) };
  Object.assign(process.env, environment, ecsEndpoint);
  const deployed: Deployed = { functions: [], dashboards: [], alarms: [], rules: [] };
  const clients = {
    sqs: sqsClient(),
    s3: s3Client(),
    dynamo: dynamoClient(),
    ecs: ecsClient(),
    ssm: ssmClient(),
  };
  const outputs = await deploy(template, createCreators(clients, deployed));
  const files = await writeFiles(options.logDirectory, outputs, { ...environment, ...ecsEndpoint });
  functions = deployed.functions.map((definition) =>
    startFunction(definition, {
      environment: { ...environment, ...ecsEndpoint },
      logFile: join(options.logDirectory, `${definition.logicalId}.log`),
    }),
  );
  const stopRules = options.scheduled ? startRules(deployed, { functions, ecs, onError }) : () => {};
  return {
    ecs,
    emulators,
    outputs: parseStackOutputs(outputs),
    ...files,
    functions,
    dashboards: deployed.dashboards,
    alarms: deployed.alarms,
    logDirectory: options.logDirectory,
    async close() {
      stopRules();
      await Promise.all(functions.map((local) => local.close()));
      await ecs.close();
      await Promise.all([ssm.close(), lambda.close()]);
      await emulators.close();
    },
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

/** What a rule with a schedule sends, as EventBridge's guide shows it. */
const scheduledEvent = (time: Date): object => ({
  version: '0',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  time: time.toISOString(),
  detail: {},
});

/** What sets off rules, and what they invoke. */
type RuleContext = {
  readonly functions: readonly LocalFunction[];
  readonly ecs: LocalEcs;
  readonly onError: (error: Error) => void;
};

/** Invokes the targets of every rule. Like EventBridge, doesn't wait for earlier invocations to end. */
function startRules({ rules }: Deployed, { functions, ecs, onError }: RuleContext): () => void {
  const invoke = ({ targets }: DeployedRule, event: object) => {
    for (const { functionId, input = event } of targets) {
      const target = functions.find(({ logicalId }) => logicalId === functionId);
      target?.invoke(input).catch(onError);
    }
  };
  const timers = rules.flatMap((rule) => {
    if (rule.kind !== 'schedule') return [];
    const fire = () => invoke(rule, scheduledEvent(new Date()));
    fire();
    return [setInterval(fire, rule.everySeconds * 1000)];
  });
  ecs.scheduler.events.on('change', (task) => {
    const event = taskStateChange(task);
    for (const rule of rules) if (rule.kind === 'events' && matches(event, rule.pattern)) invoke(rule, event);
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Environment variables that point the SDK at the emulators, with dummy credentials. */
export function awsEnvironment(
  endpoints: Readonly<Record<'sqs' | 's3' | 'dynamo', string>> &
    Readonly<Partial<Record<'ssm' | 'lambda', string>>>,
): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    // For the AWS CLI before version 2, and boto3.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamo,
    ...(endpoints.ssm !== undefined && { AWS_ENDPOINT_URL_SSM: endpoints.ssm }),
    ...(endpoints.lambda !== undefined && { AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda }),
    // Keep the SDK from reading the user's files and from asking instance metadata for credentials.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
