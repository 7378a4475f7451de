import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Message = { readonly role?: string; readonly content?: unknown };
type Asked = {
  readonly stream?: boolean;
  readonly input?: readonly Message[];
  readonly messages?: readonly Message[];
};

/** OpenAI's Responses and Chat Completions, over HTTP, with a model that follows a script. */
export type FakeProvider = {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly Asked[];
  /** Answers the next requests with 429, and `retry-after`. */
  refuse(times: number, retryAfterSeconds: number): void;
  close(): void;
};

/** Says how many questions there were so far. A question about an order first calls the tool that was offered. */
export async function startProvider(): Promise<FakeProvider> {
  const requests: Asked[] = [];
  let [refusals, retryAfter] = [0, 0];
  const server = createServer(async (request, response) => {
    const asked = (await json(request)) as Asked & { tools?: readonly Tool[] };
    requests.push(asked);
    if (refusals > 0) {
      refusals -= 1;
      const error = { message: 'too many requests', type: 'requests', code: 'rate_limit_exceeded' };
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': String(retryAfter) });
      response.end(JSON.stringify({ error }));
      return;
    }
    answer(request, response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    refuse: (times, seconds) => {
      [refusals, retryAfter] = [times, seconds];
    },
    close: () => server.close(),
  };
}

type Tool = { readonly name?: string; readonly function?: { readonly name: string } };
type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: string };

function answer(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  asked: Asked & { readonly tools?: readonly Tool[] },
): void {
  const turns = asked.input ?? asked.messages ?? [];
  const questions = turns.filter(({ role }) => role === 'user');
  const last = turns.at(-1);
  const [offered] = asked.tools ?? [];
  const name = offered?.name ?? offered?.function?.name;
  const wantsTool = last?.role === 'user' && JSON.stringify(last.content).includes('order');
  const said: Said =
    wantsTool && name !== undefined
      ? { kind: 'call', name, arguments: '{"order":"7"}' }
      : { kind: 'text', text: `answer ${questions.length}` };
  if (url.endsWith('/responses')) respond(response, said);
  else streamChat(response, said);
}

const USAGE = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };

function respond(response: ServerResponse, said: Said): void {
  const output =
    said.kind === 'text'
      ? {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: said.text, annotations: [] }],
        }
      : {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'call_1',
          status: 'completed',
          name: said.name,
          arguments: said.arguments,
        };
  const details = {
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  const body = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-5-mini',
    output: [output],
    usage: { ...USAGE, ...details },
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function streamChat(response: ServerResponse, said: Said): void {
  const delta =
    said.kind === 'text'
      ? { role: 'assistant', content: said.text }
      : {
          role: 'assistant',
          tool_calls: [
            {
              index: 0,
              id: 'call_1',
              type: 'function',
              function: { name: said.name, arguments: said.arguments },
            },
          ],
        };
  const reason = said.kind === 'text' ? 'stop' : 'tool_calls';
  const chunk = (choices: readonly object[], more: object = {}) =>
    `data: ${JSON.stringify({ id: 'chat_1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini', choices, ...more })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk([{ index: 0, delta, finish_reason: null }]));
  response.write(chunk([{ index: 0, delta: {}, finish_reason: reason }]));
  response.write(chunk([], { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }));
  response.end('data: [DONE]\n\n');
}
