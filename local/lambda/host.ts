import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';

/**
 * The process that a function of the stack runs in: loads its handler once, then runs it for every event that
 * comes over IPC, and answers whether it failed.
 */
const invocation = z.object({ requestId: z.string(), event: z.unknown(), deadlineMs: z.number() });

const [, , entry = ''] = process.argv;
const { handler } = (await import(pathToFileURL(resolve(entry)).href)) as {
  handler: (event: unknown, context: object) => Promise<unknown>;
};

process.on('message', async (message) => {
  const { requestId, event, deadlineMs } = invocation.parse(message);
  const context = {
    awsRequestId: requestId,
    functionName: entry,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${entry}`,
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  const error = await handler(event, context).then(
    () => undefined,
    (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
  );
  process.send?.({ requestId, error });
});

// The orphan guard lets a process end although the channel is open; this one lives as long as it is.
process.channel?.ref();
process.send?.('ready');
