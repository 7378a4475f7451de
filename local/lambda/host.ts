import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';

/**
 * The process of a function: loads the handler once, runs it for each event that arrives over IPC, and sends back
 * whether it failed.
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

// The orphan guard unrefs the channel. This process has to live as long as the channel is open.
process.channel?.ref();
process.send?.('ready');
