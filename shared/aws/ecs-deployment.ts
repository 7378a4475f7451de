import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { DeploymentReading, DeploymentRef } from '../ports/fleet.ts';

/** "PRIMARY: The most recent deployment of a service", or the one that ECS has rolled back to. */
export function primaryOf({ deployments = [] }: Service): Deployment | undefined {
  return deployments.find(({ status }) => status === 'PRIMARY');
}

/** How far a deployment has come, by what DescribeServices returned. */
export function readDeployment(
  { deployments = [], ...service }: Service,
  { id, createdAtMs }: DeploymentRef,
): DeploymentReading {
  const own = deployments.find((each) => each.id === id);
  const primary = primaryOf({ ...service, deployments });
  switch (own?.rolloutState) {
    case 'COMPLETED':
      return { kind: 'completed' };
    case 'FAILED':
      return { kind: 'failed', reason: own.rolloutStateReason ?? 'ECS gave no reason' };
  }
  if (own && own === primary) {
    const { desiredCount = 0, runningCount = 0, pendingCount = 0, failedTasks = 0 } = own;
    return {
      kind: 'in-progress',
      desired: desiredCount,
      running: runningCount,
      pending: pendingCount,
      failed: failedTasks,
    };
  }
  const isEarlier = (primary?.createdAt?.getTime() ?? 0) < createdAtMs;
  return own === undefined && isEarlier ? { kind: 'unknown' } : { kind: 'overtaken' };
}
