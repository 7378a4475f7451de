import { Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { ConfigError, minimalPool, type PoolConfig } from '../shared/core/pool/config.ts';
import { type PoolQueue, RETENTION } from './storage/pool-queue.ts';

/** A standard parameter, which is free, holds this much (Systems Manager quotas). */
const PARAMETER_BYTES = 4_096;
/** Space for a queue's URL, which isn't known at synthesis. */
const URL_BYTES = 250;

type Described = { readonly pool: PoolConfig; readonly queue: PoolQueue; readonly service: string };

/**
 * The descriptions of a platform's pools for its functions: a parameter for each pool. The functions read them at every
 * run, so a new pool is seen within a minute, and no function has to be updated for it.
 */
export class PoolDirectory extends Construct {
  readonly path: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.path = `/agentpool/${Stack.of(this).stackName}/pools`;
  }

  /**
   * Describes a pool, in the pool's stack.
   * @throws ConfigError when the pool's settings don't fit into a parameter.
   */
  add(scope: Construct, { pool, queue, service }: Described): void {
    const config = minimalPool(pool);
    const bytes = Buffer.byteLength(JSON.stringify(config)) + URL_BYTES;
    if (bytes > PARAMETER_BYTES)
      throw new ConfigError(
        `pool "${pool.name}": its settings take ${bytes} bytes, and a parameter holds ${PARAMETER_BYTES}: shorten its schedule`,
      );
    new StringParameter(scope, 'Description', {
      parameterName: `${this.path}/${pool.name}`,
      description: `Pool ${pool.name} of ${Stack.of(this).stackName}, for the functions of agentpool`,
      stringValue: Stack.of(scope).toJsonString({
        config,
        queueUrl: queue.queue.queueUrl,
        service,
        retentionSeconds: RETENTION.toSeconds(),
      }),
    });
  }

  grantRead(grantee: IGrantable): void {
    const directory = Stack.of(this).formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: this.path.slice(1),
    });
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['ssm:GetParametersByPath'], resources: [directory] }),
    );
  }
}
