import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';
import { type LocalServer, serveThisMachine } from './from-this-machine.ts';

/** "GetParametersByPath: MaxResults, valid range from 1 to 10". */
const PAGE = 10;

const put = z.object({
  Name: z.string().startsWith('/'),
  Value: z.string().max(4_096),
  Type: z.literal('String'),
});
const deleted = z.object({ Name: z.string() });
const getByPath = z.object({ Path: z.string().startsWith('/'), NextToken: z.string().optional() });

/** Starts the part of Systems Manager's Parameter Store that the project uses, over HTTP. */
export async function startSsm(port?: number): Promise<LocalServer> {
  const parameters = new Map<string, string>();

  const operations: Readonly<Record<string, (input: unknown) => object>> = {
    'AmazonSSM.PutParameter'(input) {
      const { Name, Value } = put.parse(input);
      parameters.set(Name, Value);
      return { Version: 1, Tier: 'Standard' };
    },
    'AmazonSSM.DeleteParameter'(input) {
      parameters.delete(deleted.parse(input).Name);
      return {};
    },
    'AmazonSSM.GetParametersByPath'(input) {
      const { Path, NextToken = '0' } = getByPath.parse(input);
      const below = [...parameters]
        .filter(([name]) => name.startsWith(`${Path.replace(/\/$/, '')}/`))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      const next = Number(NextToken) + PAGE;
      return {
        Parameters: below
          .slice(Number(NextToken), next)
          .map(([Name, Value]) => ({ Name, Value, Type: 'String' })),
        ...(next < below.length && { NextToken: String(next) }),
      };
    },
  };

  const server = createServer(async (request, response) => {
    const operation = operations[request.headers['x-amz-target']?.toString() ?? ''];
    const [status, body] = await json(request)
      .then((input): [number, object] =>
        operation ? [200, operation(input)] : [400, { __type: 'UnknownOperationException' }],
      )
      .catch((error: Error): [number, object] => [
        400,
        { __type: 'ValidationException', message: error.message },
      ]);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  return serveThisMachine(server, port);
}
