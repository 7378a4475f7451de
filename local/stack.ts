import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dynamoClient, ecsClient, s3Client, sqsClient } from '../shared/aws/clients.ts';
import { parseStackOutputs, type StackOutputs } from '../shared/aws/stack-outputs.ts';
import { type PoolInput, parsePools } from '../shared/core/pool/config.ts';
import { projectRoot } from '../shared/project/own-files.ts';
import { createCreators, type Deployed, type DeployedRule } from './deploy/creators.ts';
import { deploy } from './deploy/deploy.ts';
import { matches } from './deploy/event-pattern.ts';
import { synthesize, type Template } from './deploy/synthesize.ts';
import { type LocalEcs, startEcs } from './ecs/server.ts';
import { taskStateChange } from './ecs/shapes.ts';
import { type Emulators, startEmulators } from './emulators.ts';
import type { Service } from './faults/fault-proxy.ts';
import { type LocalFunction, startFunction } from './lambda/local-function.ts';

/** ECS does not stop a surplus task at once either. */
const SCALE_IN_DELAY_MS = 200;

export type LocalStackOptions = {
  readonly pools: readonly PoolInput[];
  /** What the CDK app synthesizes for these pools, where that is known already. */
  readonly template?: Template;
  /** Time from asking for an agent to the start of its process. */
  readonly startDelayMs: number;
  /** Where agents and functions log to. */
  readonly logDirectory: string;
  /** Functions are called on their schedule and for their events. Without it, only by {@link LocalStack.functions}. */
  readonly scheduled: boolean;
  /** Where a service is called instead of its emulator: at something that stands in front of it. */
  readonly through?: (service: Service, endpoint: string) => Promise<string>;
  /** Told of invocations that failed; their log has the rest. */
  readonly onError?: (error: Error) => void;
};

/** The whole stack on this machine. */
export type LocalStack = {
  readonly ecs: LocalEcs;
  readonly emulators: Emulators;
  /** What the stack tells its users. */
  readonly outputs: StackOutputs;
  /** The same as `cdk deploy --outputs-file` writes it, for the command line. */
  readonly outputsFile: string;
  /** For a shell to source, or for `node --env-file`: what makes clients in other processes use this stack. */
  readonly environmentFile: string;
  readonly functions: readonly LocalFunction[];
  /** As they would be in CloudWatch. */
  readonly dashboards: Deployed['dashboards'];
  readonly alarms: Deployed['alarms'];
  readonly logDirectory: string;
  /** Ends everything that was started, at once. */
  close(): Promise<void>;
};

/**
 * Starts the emulators, creates in them what the CDK app synthesizes for these pools, and calls the functions on
 * their schedule. Points this process's AWS clients at the emulators through its environment.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const pools = parsePools(options.pools);
  await mkdir(options.logDirectory, { recursive: true });
  const [template, emulators] = await Promise.all([options.template ?? synthesize(pools), startEmulators()]);
  const through = options.through ?? (async (_service: Service, endpoint: string) => endpoint);
  const environment = awsEnvironment({
    sqs: await through('sqs', emulators.sqsAndS3),
    s3: await through('s3', emulators.sqsAndS3),
    dynamo: await through('dynamodb', emulators.dynamo),
  });
  const ecs = await startEcs({
    startDelayMs: options.startDelayMs,
    scaleInDelayMs: SCALE_IN_DELAY_MS,
    logDirectory: options.logDirectory,
    workingDirectory: projectRoot,
    environment,
  });
  const ecsEndpoint = { AWS_ENDPOINT_URL_ECS: await through('ecs', ecs.endpoint) };
  Object.assign(process.env, environment, ecsEndpoint);
  const deployed: Deployed = { functions: [], dashboards: [], alarms: [], rules: [] };
  const clients = { sqs: sqsClient(), s3: s3Client(), dynamo: dynamoClient(), ecs: ecsClient() };
  const told = await deploy(template, createCreators(clients, deployed));
  const files = await writeFiles(options.logDirectory, told, { ...environment, ...ecsEndpoint });
  const functions = deployed.functions.map((definition) =>
    startFunction(definition, {
      environment: { ...environment, ...ecsEndpoint },
      logFile: join(options.logDirectory, `${definition.logicalId}.log`),
    }),
  );
  const stopRules = options.scheduled
    ? startRules(deployed, functions, ecs, options.onError ?? (() => {}))
    : () => {};
  return {
    ecs,
    emulators,
    outputs: parseStackOutputs(told),
    ...files,
    functions,
    dashboards: deployed.dashboards,
    alarms: deployed.alarms,
    logDirectory: options.logDirectory,
    async close() {
      stopRules();
      await Promise.all(functions.map((local) => local.close()));
      await ecs.close();
      await emulators.close();
    },
  };
}

/** What others need to know of the stack. */
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

/** As EventBridge does: calls the targets of every rule, whether or not their last call has ended. */
function startRules(
  { rules }: Deployed,
  functions: readonly LocalFunction[],
  ecs: LocalEcs,
  onError: (error: Error) => void,
): () => void {
  const call = ({ functionIds }: DeployedRule, event: object) => {
    for (const target of functions.filter(({ logicalId }) => functionIds.includes(logicalId))) {
      target.invoke(event).catch(onError);
    }
  };
  const timers = rules.flatMap((rule) => {
    if (rule.kind !== 'schedule') return [];
    const fire = () => call(rule, { source: 'aws.events', time: new Date().toISOString() });
    fire();
    return [setInterval(fire, rule.everySeconds * 1000)];
  });
  ecs.scheduler.events.on('change', (task) => {
    const event = taskStateChange(task);
    for (const rule of rules) if (rule.kind === 'events' && matches(event, rule.pattern)) call(rule, event);
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** Dummy credentials, and the emulators as endpoints: what the SDK needs to know, and all that makes it local. */
export function awsEnvironment(
  endpoints: Readonly<Record<'sqs' | 's3' | 'dynamo', string>>,
): Record<string, string> {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamo,
    // The SDK reads no files of the user's, and asks no instance for credentials.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
