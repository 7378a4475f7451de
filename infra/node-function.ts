import { fileURLToPath } from 'node:url';
import type { CfnResource, Duration } from 'aws-cdk-lib';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Which file of the project a function of the stack runs: for those who run it without a bundle. */
const ENTRY_METADATA = 'agentpool:entry';

/** Some dependencies are CommonJS and call `require`, which an ES module does not have. */
const REQUIRE_IN_ESM =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

type NodeFunctionProps = {
  /** Relative to the project. */
  readonly entry: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  /** A call that could not begin for so long is dropped. */
  readonly maxEventAge?: Duration;
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * A scheduled function of the project, bundled without Docker. A run that failed is not made up for: the next one finds
 * what it left.
 */
export class NodeFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, { entry, environment, ...props }: NodeFunctionProps) {
    super(scope, id, {
      ...props,
      entry: fileURLToPath(new URL(`../${entry}`, import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      tracing: Tracing.ACTIVE,
      retryAttempts: 0,
      logGroup: new LogGroup(scope, 'Logs', { retention: RetentionDays.ONE_MONTH }),
      bundling: { format: OutputFormat.ESM, minify: true, sourceMap: true, banner: REQUIRE_IN_ESM },
      environment: { NODE_OPTIONS: '--enable-source-maps', ...environment },
    });
    (this.node.defaultChild as CfnResource).addMetadata(ENTRY_METADATA, entry);
  }
}
