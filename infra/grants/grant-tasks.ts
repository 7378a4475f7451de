import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Allows actions on the tasks of a cluster. */
export function grantTasks(
  grantee: IGrantable,
  cluster: Cluster,
  actions: readonly ('GetTaskProtection' | 'UpdateTaskProtection')[],
): void {
  const tasks = cluster.arnForTasks('*');
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: actions.map((action) => `ecs:${action}`), resources: [tasks] }),
  );
  acknowledgeWildcard(grantee, tasks, 'only ECS knows the names of tasks');
}
