import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Allows actions on the tasks of a cluster. */
export function grantTasks(
  grantee: IGrantable,
  cluster: Cluster,
  actions: readonly ('DescribeTasks' | 'GetTaskProtection' | 'StopTask' | 'UpdateTaskProtection')[],
): void {
  const tasks = cluster.arnForTasks('*');
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: actions.map((action) => `ecs:${action}`), resources: [tasks] }),
  );
  acknowledgeWildcard(grantee, tasks, 'only ECS knows the names of tasks');
}

/** Allows listing the tasks of a cluster, which IAM knows by a condition only. */
export function grantListTasks(grantee: IGrantable, cluster: Cluster): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ecs:ListTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
    }),
  );
  acknowledgeWildcard(grantee, '*', 'tasks are listed by cluster, which the condition names');
}
