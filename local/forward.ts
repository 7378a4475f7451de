import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

type Options = {
  readonly target: string;
  /** Replaces the request's body. */
  readonly body?: Uint8Array;
  /** Called with the target's response instead of returning it to the caller. */
  readonly instead?: (reply: IncomingMessage) => void | Promise<void>;
};

/** Forwards a call to a target and returns its response. */
export async function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { target, body, instead }: Options,
): Promise<void> {
  const { method, url = '/', headers } = incoming;
  const outgoing = httpRequest(new URL(url, target), {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-length': body.length },
  });
  // A caller that disconnects no longer waits for a message.
  response.on('close', () => outgoing.destroy());
  const received = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
  });
  if (body === undefined) incoming.pipe(outgoing);
  else outgoing.end(body);
  const reply = await received;
  if (instead) {
    await instead(reply);
    return;
  }
  response.writeHead(reply.statusCode ?? 500, reply.headers);
  // A target that breaks off breaks off the caller's response too.
  await pipeline(reply, response);
}
