import { describeError } from '../../shared/core/foreign-text.ts';

export type Finding = {
  readonly what:
    | 'configuration'
    | 'handlers'
    | 'credentials'
    | 'quotas'
    | 'roles'
    | 'secrets'
    | 'image'
    | 'names'
    | 'changes';
  readonly verdict: 'good' | 'bad' | 'not checked';
  readonly text: string;
};

/** What couldn't be checked says why, and fails nothing: a deployer may have fewer permissions than CloudFormation. */
export async function checked(
  what: Finding['what'],
  check: () => Promise<Omit<Finding, 'what'>>,
): Promise<Finding> {
  try {
    return { what, ...(await check()) };
  } catch (error) {
    return { what, verdict: 'not checked', text: describeError(error) };
  }
}
