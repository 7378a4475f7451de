import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

type Options = {
  /** Sent in place of the request's own body. */
  readonly body?: Uint8Array;
  /** Called when the target has answered, in place of sending the answer back. */
  readonly instead?: (answer: IncomingMessage) => void | Promise<void>;
};

/** Sends a call on to a target, and its answer back. */
export async function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  { body, instead }: Options = {},
): Promise<void> {
  const { method, url = '/', headers } = incoming;
  const outgoing = httpRequest(new URL(url, target), {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-length': body.length },
  });
  // A caller that hangs up does not wait for a message any more.
  response.on('close', () => outgoing.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
  });
  if (body === undefined) incoming.pipe(outgoing);
  else outgoing.end(body);
  const answer = await answered;
  if (instead) {
    await instead(answer);
    return;
  }
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  answer.pipe(response);
}
