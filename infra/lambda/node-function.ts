import { type CfnResource, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ownModule } from '../../shared/project/own-files.ts';
import { acknowledge, acknowledgeWildcard } from '../grants/acknowledge.ts';

/** Which module a function of the stack runs: for those who run it without a bundle. */
const MODULE_METADATA = 'agentpool:module';

/** Some dependencies are CommonJS and call `require`, which an ES module does not have. */
const REQUIRE_IN_ESM =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

type NodeFunctionProps = {
  /** Such as `functions/scale/handler`. */
  readonly module: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  /** How often a call that failed is made again. */
  readonly retryAttempts: number;
  /** A call that could not begin for so long is dropped. */
  readonly maxEventAge?: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly encryptionKey: IKey | undefined;
};

/**
 * A function of the project, bundled without Docker.
 *
 * - The SDK is in the bundle. The one that Lambda brings is of another version than the one that was tested, and is
 *   loaded file by file: importing the bundle takes less time than importing the SDK's packages (`npm run bench`).
 * - No concurrency is reserved. It would not keep two runs apart (a throttled one comes later), which is what the
 *   lease is for, and a new account has no concurrency to spare.
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
    // Lambda's own managed policy would allow writing every log of the account.
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
        // The packages' ES modules, of which esbuild leaves out what is not used.
        mainFields: ['module', 'main'],
      },
      environment: { NODE_OPTIONS: '--enable-source-maps', ...environment },
      ...(encryptionKey && { environmentEncryption: encryptionKey }),
    });
    (this.node.defaultChild as CfnResource).addMetadata(MODULE_METADATA, module);
    acknowledge(this, {
      'Serverless-LambdaDLQ':
        'What a call was to do, the next one does: nothing is in an event that is not found again a minute later.',
      'Serverless-LambdaAsyncFailureDestination':
        'What a call was to do, the next one does: nothing is in an event that is not found again a minute later.',
    });
    acknowledgeWildcard(role, '*', 'X-Ray’s actions have no resource');
  }
}
