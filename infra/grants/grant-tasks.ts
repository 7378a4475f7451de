import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Grants actions on the ECS tasks of a cluster. */
export function grantTasks(
  grantee: IGrantable,
  cluster: Cluster,
  actions: readonly ('DescribeTasks' | 'GetTaskProtection' | 'StopTask' | 'UpdateTaskProtection')[],
): void {
  const tasks = cluster.arnForTasks('*');
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: actions.map((action) => `ecs:${action}`), resources: [tasks] }),
  );
  acknowledgeWildcard(grantee, tasks, 'ECS generates the names of tasks');
}

/** Grants listing the ECS tasks of a cluster. IAM can only restrict this with a condition. */
export function grantListTasks(grantee: IGrantable, cluster: Cluster): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ecs:ListTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
    }),
  );
  acknowledgeWildcard(grantee, '*', 'the condition restricts it to the cluster');
}
