import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { type LocalServer, serveThisMachine } from '../from-this-machine.ts';
import type { LocalFunction } from './local-function.ts';

const INVOCATION = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Starts the part of Lambda that the project uses, over HTTP: asynchronous invocations of the stack's functions, which
 * are accepted before they run.
 */
export async function startLambda(
  functions: () => readonly LocalFunction[],
  onError: (error: Error) => void,
  port?: number,
): Promise<LocalServer> {
  const server = createServer(async (request, response) => {
    const [, name = ''] = INVOCATION.exec(request.url ?? '') ?? [];
    const invoked = functions().find(({ logicalId }) => logicalId === decodeURIComponent(name));
    const event = await json(request).catch(() => undefined);
    const fail = (status: number, type: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
        .end(JSON.stringify({ Message: `${type}: ${request.method} ${request.url}` }));
    if (invoked === undefined) return fail(404, 'ResourceNotFoundException');
    if (request.headers['x-amz-invocation-type'] !== 'Event')
      return fail(400, 'InvalidParameterValueException');
    if (event === undefined) return fail(400, 'InvalidRequestContentException');
    invoked.invoke(event).catch(onError);
    return response.writeHead(202).end();
  });
  return serveThisMachine(server, port);
}
