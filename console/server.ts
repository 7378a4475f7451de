import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { describeError } from '../shared/core/foreign-text.ts';
import { actionSchema } from './actions.ts';
import { backtestSchema, streamBacktest } from './backtest.ts';
import { bundlePage } from './bundle.ts';
import { live } from './live.ts';
import { ROUTES } from './routes.ts';
import type { Source } from './source.ts';

export type Console = { readonly url: string; close(): Promise<void> };

const ACTION_BYTES = 64 * 1024;
/** A trace of a million tasks. */
const BACKTEST_BYTES = 32 * 1024 * 1024;
/** Forbid external and inline resources, and embedding in a frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Serves the console of a source on loopback. @throws Error if the port is in use. */
export async function startConsole(source: Source, port: number): Promise<Console> {
  const page = await bundlePage();
  const watched = live(source);
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      const isInvalid = error instanceof z.ZodError;
      const text = isInvalid ? problemsOf(error) : describeError(error);
      if (!response.headersSent) send(response, isInvalid ? 400 : 500, { error: text });
      else response.destroy();
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isFromThisPage(request))
      return send(response, 403, { error: 'only a browser on this machine has access' });
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    const path = url?.pathname ?? '/';
    if (request.method === 'POST' && path === '/api/do') return action(request, response);
    if (request.method === 'POST' && path === '/api/backtest') return backtest(request, response);
    if (request.method !== 'GET') return send(response, 405, { error: 'method not allowed' });
    const file = page.get(path);
    if (file) {
      response.writeHead(200, { ...HEADERS, 'content-type': file.type }).end(file.content);
      return;
    }
    if (path === '/api/live') return stream(response);
    const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    if (!route) return send(response, 404, { error: 'not found' });
    send(response, 200, (await route(source, (name) => url?.searchParams.get(name) ?? undefined)) ?? null);
  }

  /** Sends server-sent events. The browser reconnects on its own when they end. */
  function stream(response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write('retry: 1000\n\n');
    const stop = watched.listen(({ name, data }) => {
      response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    response.on('close', stop);
  }

  async function action(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { controls } = source;
    if (!controls)
      return send(response, 403, { error: 'a deployed stack is read-only here: use the command line' });
    const parsed = actionSchema.safeParse(await readJson(request, ACTION_BYTES));
    if (!parsed.success) return send(response, 400, { error: problemsOf(parsed.error) });
    const done = await controls.act(parsed.data).then(
      (text) => ({ status: 200, body: { done: text } }),
      (error: unknown) => ({ status: 409, body: { error: describeError(error) } }),
    );
    send(response, done.status, done.body);
  }

  async function backtest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = backtestSchema.safeParse(await readJson(request, BACKTEST_BYTES));
    if (!parsed.success) return send(response, 400, { error: problemsOf(parsed.error) });
    await streamBacktest(source, parsed.data, response);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' ? new Error(`port ${port} is in use: choose another with --port`) : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    async close() {
      watched.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Rejects requests from other sites' pages, which arrive with their own host name (DNS rebinding) or origin. */
function isFromThisPage({ headers: { host = '', origin } }: IncomingMessage): boolean {
  return (
    /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) && (origin === undefined || origin === `http://${host}`)
  );
}

function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; ');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Returns undefined if the body is too large or not JSON. */
async function readJson(request: IncomingMessage, atMostBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > atMostBytes) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
