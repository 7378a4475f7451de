import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { checked } from './finding.ts';

const SERVICE = 'ecs.amazonaws.com';

/** ECS makes its service-linked role with the first call to it, and if that is by CloudFormation, the role may come too late. */
export function checkRoles() {
  return checked('roles', async () => {
    const PathPrefix = `/aws-service-role/${SERVICE}/`;
    const { Roles = [] } = await new IAMClient({}).send(new ListRolesCommand({ PathPrefix }));
    if (Roles.length > 0) return { verdict: 'good', text: 'ECS has its service-linked role' };
    const fix = `aws iam create-service-linked-role --aws-service-name ${SERVICE}`;
    return {
      verdict: 'bad',
      text: `ECS has no service-linked role in this account, so the first deployment would fail: run ${fix}`,
    };
  });
}
