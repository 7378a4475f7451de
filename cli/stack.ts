import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';

/** The table of a deployed stack, by its outputs. @throws Error that says what to do when there is none. */
export async function tableOfStack(stack: string): Promise<string> {
  const { Stacks: [found] = [] } = await new CloudFormationClient({}).send(
    new DescribeStacksCommand({ StackName: stack }),
  );
  const table = found?.Outputs?.find(({ OutputKey }) => OutputKey === 'TableName')?.OutputValue;
  if (table === undefined) throw new Error(`stack ${stack} has no output TableName: give --stack or --table`);
  return table;
}
