import { Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Grants actions on the ECS tasks of a cluster. */
export function grantTasks(
  grantee: IGrantable,
  cluster: ICluster,
  actions: readonly ('DescribeTasks' | 'GetTaskProtection' | 'StopTask' | 'UpdateTaskProtection')[],
): void {
  const tasks = Stack.of(cluster).formatArn({
    service: 'ecs',
    resource: 'task',
    resourceName: `${cluster.clusterName}/*`,
  });
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: actions.map((action) => `ecs:${action}`), resources: [tasks] }),
  );
  acknowledgeWildcard(grantee, tasks, 'ECS generates the names of tasks');
}

/** Grants listing the instances of a cluster. */
export function grantListInstances(grantee: IGrantable, cluster: ICluster): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['ecs:ListContainerInstances'], resources: [cluster.clusterArn] }),
  );
}

/** Grants listing the ECS tasks of a cluster. IAM can only restrict this with a condition. */
export function grantListTasks(grantee: IGrantable, cluster: ICluster): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ecs:ListTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
    }),
  );
  acknowledgeWildcard(grantee, '*', 'the condition restricts it to the cluster');
}
