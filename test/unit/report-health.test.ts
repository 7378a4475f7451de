import { expect, test, vi } from 'vitest';
import { createShutdown } from '../../agent/agent.ts';
import { loadAndReport } from '../../agent/report-health.ts';
import { NOW_MS } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

function agent() {
  const clock = virtualClock();
  const context = {
    write: vi.fn(async () => {}),
    record: vi.fn(async () => {}),
    clock,
    log: { warn: vi.fn() },
    shutdown: createShutdown(),
    waitSeconds: 180,
  };
  return { ...context, context, seconds: () => (clock.now() - NOW_MS) / 1000 };
}
const broken = () => Promise.reject(new Error('no such module'));

test('an agent reports that its handler is loaded, and goes on at once', async () => {
  const { context, write, seconds } = agent();
  expect(await loadAndReport(async () => 'handler', context)).toBe('handler');
  expect(write.mock.calls).toEqual([['loaded']]);
  expect(seconds()).toBe(0);
});

test('an agent that cannot load its handler reports it with the error, and exits if ECS does not stop it', async () => {
  const { context, write, record, log, seconds } = agent();
  await expect(loadAndReport(broken, context)).rejects.toThrow('no such module');
  expect(write.mock.calls).toEqual([['failed']]);
  expect(record.mock.calls).toEqual([['no such module']]);
  expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('handler not loaded'), {
    error: new Error('no such module'),
  });
  expect(seconds()).toBe(180);
});

test('an agent that cannot load its handler exits as soon as ECS stops it', async () => {
  const { context, clock, shutdown, seconds } = agent();
  const stopped = clock.sleep(25_000).then(() => shutdown.request('SIGTERM'));
  await expect(loadAndReport(broken, context)).rejects.toThrow('no such module');
  await stopped;
  expect(seconds()).toBe(25);
});

test('an agent whose health cannot be reported does not work, since ECS would stop it', async () => {
  const { context, write } = agent();
  write.mockRejectedValue(new Error('ENOSPC'));
  await expect(loadAndReport(async () => 'handler', context)).rejects.toThrow('ENOSPC');
});
