import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { inject } from 'vitest';
import type { Template } from '../../local/deploy/synthesize.ts';
import type { LocalFunction } from '../../local/lambda/local-function.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../local/stack.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import { type PoolConfig, type PoolInput, parsePools } from '../../shared/core/pool/config.ts';
import { ownModule } from '../../shared/project/own-files.ts';

/** Longer than any test: no agent is started. */
const NEVER_MS = 3_600_000;

/** As the CDK app gives it, from the process that synthesizes for all test files. */
async function templateOf(pools: readonly PoolInput[]): Promise<Template> {
  const response = await fetch(inject('synthesizer'), { method: 'POST', body: JSON.stringify(pools) });
  return (await response.json()) as Template;
}

/** A stack of one pool on the emulators, for one test file. Without `startDelayMs` it starts no agents. */
export async function startTestStack(
  changes: Partial<PoolInput> = {},
  startDelayMs = NEVER_MS,
  options: Partial<LocalStackOptions> = {},
) {
  const input = { name: 'test', handler: './agent/handlers/echo.ts', pollSeconds: 1, ...changes };
  const [config] = parsePools([input]);
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  const stack: LocalStack = await startLocalStack({
    pools: [input],
    template: await templateOf([input]),
    startDelayMs,
    logDirectory,
    scheduled: false,
    ...options,
  });
  const pool = openPool(stack.outputs, input.name);
  return {
    config: config as PoolConfig,
    stack,
    logDirectory,
    ...pool,
    /** The stack's function that runs `functions/NAME/handler.ts`. */
    function(name: 'scale' | 'reconcile' | 'compact'): LocalFunction {
      const found = stack.functions.find(({ entry }) => entry === ownModule(`functions/${name}/handler`));
      if (!found) throw new Error(`the stack has no function ${name}`);
      return found;
    },
    /** What is in the dead-letter queue: bodies and reasons. */
    async deadLetters(): Promise<{ body: string | undefined; reason: string | undefined }[]> {
      const { Messages: messages } = await sqsClient().send(
        new ReceiveMessageCommand({
          QueueUrl: pool.pool.deadLetterQueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      return (messages ?? []).map(({ Body, MessageAttributes }) => ({
        body: Body,
        reason: MessageAttributes?.['reason']?.StringValue,
      }));
    },
    async close() {
      await stack.close();
      await rm(logDirectory, { recursive: true, force: true });
    },
  };
}

export type TestStack = Awaited<ReturnType<typeof startTestStack>>;
