// Covers: console/server.ts, console/actions.ts
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionSchema } from '../../console/actions.ts';
import { type Console, startConsole } from '../../console/server.ts';
import type { Source } from '../../console/source.ts';
import { cases } from '../cases.ts';

/** The console's server under whatever a browser, or somebody who is none, may send. */
let served: Console;
const done: unknown[] = [];
const source: Source = {
  stack: 'fuzzed',
  pools: [],
  dashboards: async () => [],
  points: async () => ({}),
  readPools: async () => [],
  decisions: async () => [],
  task: async (id) => (id === 'broken' ? Promise.reject(new Error('not reached')) : undefined),
  metricStack: 'fuzzed',
  series: async () => ({}),
  lanes: async () => [],
  tasks: async () => [],
  traces: [],
  backtestInput: async () => undefined,
  alarms: async () => [],
  pace: { pools: 60_000, points: 60_000 },
  controls: {
    act: async (order) => {
      done.push(order);
      return 'done';
    },
    inForce: () => ({ faults: [] }),
    bursts: [],
    replaying: [],
  },
};
beforeAll(async () => {
  served = await startConsole(source, 0);
});
afterAll(() => served.close());

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
};

/** Over plain HTTP, since `fetch` would not send all of it. */
function send({ method, path, body, headers = {} }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(served.url);
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        // Without its length the body of a GET would be taken for another request.
        headers: {
          host: `localhost:${port}`,
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          // A stream of events never ends by itself.
          if (response.headers['content-type'] === 'text/event-stream') response.destroy();
        });
        response.on('close', () => resolve({ status: response.statusCode ?? 0, text }));
        // After this side has closed the connection, its errors don't matter.
        sent.off('error', reject).on('error', () => {});
      },
    );
    sent.on('error', reject).end(body);
  });
}

const path = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'api',
        'do',
        'task',
        'history',
        'backtest',
        'decision',
        'live',
        '..',
        '%2e%2e',
        '__proto__',
        'main.js',
      ),
      fc.webSegment(),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `/${parts.join('/')}`);

describe('the console', () => {
  test('the console answers every request, and performs only valid actions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        path,
        fc.option(fc.json(), { nil: undefined }),
        async (method, to, body) => {
          done.length = 0;
          const { status } = await send({ method, path: to, ...(body !== undefined && { body }) });
          expect([200, 400, 403, 404, 405]).toContain(status);
          for (const order of done) expect(actionSchema.safeParse(order).success).toBe(true);
        },
      ),
      { numRuns: cases(10_000) },
    );
  }, 180_000);

  test('the console takes an action as it is, and nothing else for an action', () => {
    const field = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.object());
    const order = fc.dictionary(
      fc.constantFrom('do', 'pool', 'tasks', 'payload', 'values', 'desired', '__proto__', 'agent'),
      field,
    );
    fc.assert(
      fc.property(fc.oneof(order, fc.anything()), (given) => {
        const parsed = actionSchema.safeParse(given);
        if (parsed.success) expect(parsed.data).toEqual(given);
      }),
      { numRuns: cases(10_000) },
    );
  });

  test.each([
    ['another host', { host: 'evil.example' }],
    ['another origin', { origin: 'http://evil.example' }],
    ['no origin that is one', { origin: 'null' }],
  ])('the console rejects a request with %s', async (_whose, headers) => {
    done.length = 0;
    const body = JSON.stringify({ do: 'pause', pool: 'a' });
    expect((await send({ method: 'POST', path: '/api/do', body, headers })).status).toBe(403);
    expect((await send({ method: 'GET', path: '/', headers })).status).toBe(403);
    expect(done).toEqual([]);
  });

  test('the console rejects an endless body, explains an invalid action and reports a failed call', async () => {
    expect((await send({ method: 'POST', path: '/api/do', body: 'x'.repeat(100_000) })).status).toBe(400);
    const wrong = await send({
      method: 'POST',
      path: '/api/do',
      body: '{"do":"pin","pool":"a","desired":-1}',
    });
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('desired') });
    expect(await send({ method: 'GET', path: '/api/task?id=broken' })).toMatchObject({
      status: 500,
      text: expect.stringContaining('not reached'),
    });
  });
});
