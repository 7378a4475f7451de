import { type ArnComponents, ArnFormat, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';

/** Grants actions on the platform's resources of a service, by what their names begin with. */
export function grantNamed(
  grantee: IGrantable & IConstruct,
  actions: readonly string[],
  named: Pick<ArnComponents, 'service' | 'resource' | 'resourceName'>,
): void {
  const arn = Stack.of(grantee).formatArn({
    ...named,
    ...(named.resourceName === undefined && { arnFormat: ArnFormat.NO_RESOURCE_NAME }),
  });
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [arn] }),
  );
  acknowledgeWildcard(grantee, arn, 'names of this platform alone');
}
