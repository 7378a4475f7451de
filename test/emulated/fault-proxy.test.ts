import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type CallFault, type FaultProxy, startFaultProxy } from '../../local/faults/fault-proxy.ts';

/** What stands in front of the emulators, before a service that counts what reaches it. */
let service: Server;
let proxy: FaultProxy;
let reached = 0;

beforeAll(async () => {
  service = createServer((_request, response) => {
    reached += 1;
    response.end('answered');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  proxy = await startFaultProxy('dynamodb', `http://127.0.0.1:${(service.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await proxy.close();
  service.close();
});
beforeEach(() => {
  reached = 0;
  proxy.set({});
});

/** The status of an answer, or that there was none. */
const call = () =>
  fetch(proxy.endpoint, { method: 'POST', body: '{}' }).then(
    ({ status }) => status,
    () => 'no answer' as const,
  );

test.each<[CallFault | 'none', number | 'no answer', number]>([
  ['none', 200, 1],
  ['throttled', 400, 0],
  ['failed', 500, 0],
  ['reset', 'no answer', 0],
  ['response lost', 'no answer', 1],
  ['slow', 200, 1],
])('with the fault %s the caller sees %s, and the service %i calls', async (fault, seen, calls) => {
  if (fault !== 'none') proxy.set({ [fault]: 1 });
  expect(await call()).toBe(seen);
  expect(reached).toBe(calls);
});

test('a fault ends at its own time, and not at the end of one that it replaced', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  proxy.set({ failed: 1 }, 20_000);
  vi.advanceTimersByTime(10_000);
  proxy.set({ failed: 1 }, 20_000);
  vi.advanceTimersByTime(15_000);
  vi.useRealTimers();
  expect(await call()).toBe(500);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  proxy.set({ failed: 1 }, 20_000);
  vi.advanceTimersByTime(20_000);
  vi.useRealTimers();
  expect(await call()).toBe(200);
});

test('a restarting service is unreachable until it is back', async () => {
  const back = proxy.restart(20);
  expect(await call()).toBe('no answer');
  await back;
  expect(await call()).toBe(200);
});
