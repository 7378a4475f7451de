import { type CfnResource, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ownModule } from '../../shared/project/own-files.ts';
import { acknowledge, acknowledgeWildcard } from '../grants/acknowledge.ts';

/** Metadata with the module that a function runs, for the local stack, which runs it unbundled. */
const MODULE_METADATA = 'agentpool:module';

/** Some dependencies are CommonJS and call `require`, which ES modules lack. */
const REQUIRE_IN_ESM =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

type NodeFunctionProps = {
  /** Such as `functions/scale/handler`. */
  readonly module: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  /** Retries of a failed asynchronous invocation. */
  readonly retryAttempts: number;
  /** Lambda drops an asynchronous invocation that couldn't start within this time. */
  readonly maxEventAge?: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly encryptionKey: IKey | undefined;
};

/**
 * A function of the project, bundled without Docker.
 *
 * - The bundle contains the SDK. Lambda's own SDK is a different version from the one tested, and it's loaded file by
 *   file: importing the bundle takes less time than importing the SDK's packages (`npm run bench`).
 * - There is no reserved concurrency. It wouldn't prevent overlapping effects, because throttled invocations run later
 *   (the lease does), and new accounts have no concurrency to spare.
 */
export class NodeFunction extends NodejsFunction {
  constructor(
    scope: Construct,
    id: string,
    { module, environment, encryptionKey, ...props }: NodeFunctionProps,
  ) {
    const logGroup = new LogGroup(scope, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(encryptionKey && { encryptionKey }),
    });
    // Lambda's managed policy would grant write access to every log in the account.
    const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      ...props,
      role,
      logGroup,
      entry: ownModule(module),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      tracing: Tracing.ACTIVE,
      bundling: {
        format: OutputFormat.ESM,
        minify: true,
        sourceMap: true,
        bundleAwsSDK: true,
        banner: REQUIRE_IN_ESM,
        // Prefer ES modules: esbuild removes their unused code.
        mainFields: ['module', 'main'],
      },
      environment: { NODE_OPTIONS: '--enable-source-maps', ...environment },
      ...(encryptionKey && { environmentEncryption: encryptionKey }),
    });
    (this.node.defaultChild as CfnResource).addMetadata(MODULE_METADATA, module);
    acknowledge(this, {
      'Serverless-LambdaDLQ':
        'The next invocation makes up for a lost one: events carry nothing that can’t be read again.',
      'Serverless-LambdaAsyncFailureDestination':
        'The next invocation makes up for a lost one: events carry nothing that can’t be read again.',
    });
    acknowledgeWildcard(role, '*', 'X-Ray actions don’t support resource-level permissions');
  }
}
