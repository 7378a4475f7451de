import { openFolder } from '../local/folder.ts';
import { returnAllTasks } from '../local/return-tasks.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../local/stack.ts';
import type { readConfig } from './config-file.ts';
import { localVariables } from './local-variables.ts';
import { warn } from './print.ts';

export type Project = Awaited<ReturnType<typeof readConfig>>;

type Start = Pick<LocalStackOptions, 'startDelayMs' | 'through'> & {
  readonly project: Project;
  readonly directory: string;
  readonly keep: boolean;
  readonly env: string | undefined;
};

/** A stack on this machine, for the user's project. */
export type StartedStack = {
  readonly stack: LocalStack;
  /** Deploys the project as it is now. */
  readonly update: (project: Project) => Promise<void>;
  /** Ends it. Kept tasks go back to their queues first. */
  readonly end: () => Promise<void>;
};

/** Starts the stack in its folder, on the ports that it had there before. */
export async function startLocal({
  project,
  directory,
  keep,
  env,
  ...options
}: Start): Promise<StartedStack> {
  const { release, remember, ports, ...places } = await openFolder(directory, { keep });
  try {
    const findVariables = localVariables(env);
    const variables = await findVariables(project.pools);
    warn('starting local SQS, S3, DynamoDB and ECS, and deploying the stack …');
    const stack = await startLocalStack({
      ...options,
      ...places,
      ports,
      pools: project.inputs,
      variables,
      scheduled: true,
      onError: (error) => warn(`function failed: ${error.message}`),
    });
    await remember(stack);
    for (const [service, port] of Object.entries(ports))
      if (new URL(stack.endpoints[service as keyof typeof ports]).port !== String(port))
        warn(`port ${port} is taken: other terminals must source ${stack.environmentFile} again`);
    if (keep) await returnAllTasks(stack);
    return {
      stack,
      update: async ({ inputs, pools }) => stack.update(inputs, await findVariables(pools)),
      async end() {
        if (keep) warn('stopping the agents, which return their tasks; press Ctrl-C again to end at once');
        await (keep ? stack.shutDown() : stack.close());
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
