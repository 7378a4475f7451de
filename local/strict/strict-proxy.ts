import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer, json, text } from 'node:stream/consumers';
import { forward } from '../forward.ts';
import { type LocalServer, serveThisMachine } from '../from-this-machine.ts';
import { checkS3Call } from './check-s3.ts';
import { checkSqsCall } from './check-sqs.ts';
import { type ByGroup, deduplicateByGroup } from './deduplicate-by-group.ts';
import { listAllInstead, pageOf } from './list-objects.ts';

/**
 * Starts a proxy in front of the SQS and S3 emulator that refuses calls that AWS refuses but the emulator accepts, by
 * AWS's rules as `sim/aws/limits.ts` has them, deduplicates by message group, and lists objects in S3's order.
 */
export async function startStrictProxy(target: string, port?: number): Promise<LocalServer> {
  const emulator = { target, byGroup: deduplicateByGroup() };
  const server = createServer((request, response) => {
    respond(emulator, request, response).catch(() => response.destroy());
  });
  return serveThisMachine(server, port);
}

async function respond(
  { target, byGroup }: { readonly target: string; readonly byGroup: ByGroup },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [service, operation = ''] = request.headers['x-amz-target']?.toString().split('.') ?? [];
  if (service === undefined) {
    const refused = checkS3Call(request.method, request.url);
    if (refused) {
      response.writeHead(400, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${refused.name}</Code><Message>${refused.message}</Message></Error>`);
      return;
    }
    const listAll = listAllInstead(request.method, request.url);
    if (listAll !== undefined) {
      const asked = request.url;
      request.url = listAll;
      return forward(request, response, {
        target,
        instead: async (reply) => {
          const xml = await text(reply);
          const isList = reply.statusCode === 200;
          response.writeHead(reply.statusCode ?? 500, { 'content-type': 'application/xml' });
          response.end(isList ? pageOf(xml, asked) : xml);
        },
      });
    }
  }
  if (service !== 'AmazonSQS') return forward(request, response, { target });
  const body = await buffer(request);
  const input = parsed(body);
  const checked = checkSqsCall(operation, input);
  switch (checked.kind) {
    case 'passed':
      return call(input, (answer) => answer);
    case 'refused':
      return send(response, 400, { __type: `com.amazonaws.sqs#${checked.code}`, message: checked.message });
    case 'reduced': {
      const isNothingLeft = (checked.input as { Entries: unknown[] }).Entries.length === 0;
      if (isNothingLeft) return send(response, 200, { Successful: [], Failed: checked.failed });
      return call(checked.input, (answer) => ({
        ...answer,
        Failed: [...((answer['Failed'] ?? []) as object[]), ...checked.failed],
      }));
    }
    default:
      return checked satisfies never;
  }

  function call(given: unknown, shown: (answer: Answer) => Answer): Promise<void> {
    return forward(request, response, {
      target,
      // What isn't JSON is left to the emulator.
      body: given === undefined ? body : Buffer.from(JSON.stringify(byGroup.request(operation, given))),
      instead: async (reply) => {
        const answer = (await json(reply)) as Answer;
        if (reply.statusCode !== 200) return send(response, reply.statusCode ?? 500, answer);
        send(response, 200, shown(byGroup.response(operation, given, answer) as Answer));
      },
    });
  }
}

type Answer = Readonly<Record<string, unknown>>;

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value));
}
