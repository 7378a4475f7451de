import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeError } from '../shared/core/foreign-text.ts';
import type { DecisionView } from '../shared/views/decision-view.ts';
import { actionSchema } from './actions.ts';
import { bundlePage } from './bundle.ts';
import { live } from './live.ts';
import type { Points, Source } from './source.ts';

export type Console = { readonly url: string; close(): Promise<void> };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DECISIONS_AT_MOST = 500;
const MAX_BODY_BYTES = 16 * 1024;
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
      if (!response.headersSent) send(response, 500, { error: describeError(error) });
      else response.destroy();
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isFromThisPage(request))
      return send(response, 403, { error: 'only a browser on this machine has access' });
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    const path = url?.pathname ?? '/';
    const file = page.get(path);
    if (request.method === 'POST' && path === '/api/do') return action(request, response);
    if (request.method !== 'GET') return send(response, 405, { error: 'method not allowed' });
    if (file) {
      response.writeHead(200, { ...HEADERS, 'content-type': file.type }).end(file.content);
      return;
    }
    const query = (name: string) => url?.searchParams.get(name) ?? '';
    switch (path) {
      case '/api/setup': {
        const { stack, pools } = source;
        return send(response, 200, {
          stack,
          pools,
          canAct: source.act !== undefined,
          dashboards: await source.dashboards(),
        });
      }
      case '/api/points':
        return send(response, 200, roundPoints(await source.points(Date.now() - DAY_MS)));
      case '/api/decisions':
        return send(response, 200, await latestDecisions(source));
      case '/api/task':
        return send(response, 200, (await source.task(query('id'))) ?? null);
      case '/api/context':
        return send(response, 200, (await source.context(query('pool'), query('id'))) ?? null);
      case '/api/live':
        return stream(response);
      default:
        return send(response, 404, { error: 'not found' });
    }
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
    if (source.act === undefined) return send(response, 403, { error: 'a deployed stack is read-only' });
    const body = await readJson(request);
    const parsed = actionSchema.safeParse(body);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(
        ({ path, message }) => `${path.join('.') || 'action'}: ${message}`,
      );
      return send(response, 400, { error: problems.join('; ') });
    }
    const done = await source.act(parsed.data).then(
      (text) => ({ status: 200, body: { done: text } }),
      (error: unknown) => ({ status: 409, body: { error: describeError(error) } }),
    );
    send(response, done.status, done.body);
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

/** Of the last hour and all pools, newest first. */
async function latestDecisions({ pools, decisions }: Source): Promise<readonly DecisionView[]> {
  const sinceMs = Date.now() - HOUR_MS;
  const found = await Promise.all(pools.map((pool) => decisions(pool, sinceMs)));
  return found
    .flat()
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, DECISIONS_AT_MOST);
}

/** Rejects requests from other sites' pages, which arrive with their own host name (DNS rebinding) or origin. */
function isFromThisPage({ headers: { host = '', origin } }: IncomingMessage): boolean {
  return (
    /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) && (origin === undefined || origin === `http://${host}`)
  );
}

/** Rounds values to five digits: graphs need no more, and a day of points is large. */
function roundPoints(points: Points): Points {
  const rounded = Object.entries(points).map(([key, of]) => [
    key,
    of.map(([seconds, value]) => [seconds, Number(value.toPrecision(5))] as const),
  ]);
  return Object.fromEntries(rounded);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Returns undefined if the body is too large or not JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}
