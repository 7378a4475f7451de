import type { DeploymentReading, DeploymentRef, Deployments } from '../shared/ports/fleet.ts';

export type DeploymentEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed' | 'overtaken'; readonly reason: string };

type Follow = {
  readonly say: (progress: string) => void;
  readonly pause: () => Promise<void>;
};

/** Follows a deployment to its end, and says how far it has come whenever that changes. */
export async function followDeployment(
  deployments: Pick<Deployments, 'readDeployment'>,
  deployment: DeploymentRef,
  { say, pause }: Follow,
): Promise<DeploymentEnd> {
  let shown: string | undefined;
  for (;;) {
    const reading = await deployments.readDeployment(deployment);
    const end = endOf(reading, shown !== undefined);
    if (end) return end;
    const progress = reading.kind === 'in-progress' ? progressOf(reading) : shown;
    if (progress !== undefined && progress !== shown) say(progress);
    shown = progress;
    await pause();
  }
}

/** ECS may not show a deployment at once. One that was shown before is gone. */
function endOf(reading: DeploymentReading, wasShown: boolean): DeploymentEnd | undefined {
  switch (reading.kind) {
    case 'completed':
    case 'failed':
      return reading;
    case 'overtaken':
      return { kind: 'overtaken', reason: 'a later deployment has taken over' };
    case 'unknown':
      return wasShown
        ? { kind: 'failed', reason: 'ECS has rolled it back to the deployment before' }
        : undefined;
    case 'in-progress':
      return undefined;
  }
}

type Progress = Extract<DeploymentReading, { readonly kind: 'in-progress' }>;

function progressOf({ desired, running, pending, failed }: Progress): string {
  const failures = failed === 0 ? '' : `, ${failed} failed in a row`;
  return `new agents: ${running} of ${desired} running, ${pending} pending${failures}`;
}
