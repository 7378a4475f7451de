import { vi } from 'vitest';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoDecisions } from '../../shared/aws/dynamo-decisions.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import type { TickPorts } from '../../shared/runtime/tick.ts';
import { instance, pool } from '../unit/build.ts';
import type { TestStack } from './stack.ts';

let pools = 0;

export type TickedPool = ReturnType<typeof tickedPool>;

/** A pool of its own with records in DynamoDB, over a service that does at once what it is asked to. */
export function tickedPool(stack: TestStack) {
  pools += 1;
  const config = pool({
    name: `pool-${pools}`,
    min: 0,
    scaleInStabilizationSeconds: 0,
    tickSeconds: 1,
    policies: ['utilization', 'backlog'],
  });
  const store = dynamoPoolStore(stack.table, config.name);
  const log = dynamoDecisions(stack.table, config.name);
  const service = { desired: 0, running: 0 };
  const telemetry: Telemetry = {
    tick: vi.fn(),
    tickFailed: vi.fn(),
    leaseTaken: vi.fn(),
    settingsLeftOut: vi.fn(),
    historyNotSaved: vi.fn(),
    reapFailed: vi.fn(),
  };
  const fleet: Fleet = {
    read: async () => ({ ...service, pending: 0, revision: 'agents:1' }),
    setDesiredCount: vi.fn(async (count: number) => {
      Object.assign(service, { desired: count, running: count });
    }),
    unprotect: vi.fn(async () => []),
    tasks: vi.fn(async () => []),
    stop: vi.fn(async () => {}),
  };
  const backlogOf = (visible: number): Partial<TickPorts> => ({
    queue: { ...stack.queue, counts: async () => ({ visible, inFlight: 0, delayed: 0 }) },
  });
  const readyAgent = (id: string) => instance({ pool: config.name, id, heartbeatAtMs: Date.now() + 60_000 });
  return {
    config,
    store,
    service,
    telemetry,
    fleet,
    backlogOf,
    readyAgent,
    ports: (changes: Partial<TickPorts> = {}): TickPorts => ({
      queue: stack.queue,
      ...backlogOf(0),
      store,
      decisions: log,
      history: dynamoHistory(stack.table, config.name, systemClock),
      neighbours: { read: async () => [] },
      limits: { read: async () => new Map() },
      fleet,
      clock: systemClock,
      telemetry,
      ...changes,
    }),
    /** Recorded decisions, newest first. */
    decisions: () => Array.fromAsync(log.read(), (each) => (each as { record: DecisionRecord }).record),
    async readyAgents(count: number): Promise<void> {
      Object.assign(service, { desired: count, running: count });
      for (let index = 0; index < count; index++) await store.register(readyAgent(`agent-${index}`));
    },
    claim: (id: string) =>
      store.transition(id, 'claim', { nowMs: Date.now() + 60_000, changes: { tasks: { task: Date.now() } } }),
    /** How many agents have each status. */
    async statuses(): Promise<Record<string, number>> {
      const { instances } = await store.instances();
      return Object.fromEntries(
        Object.entries(Object.groupBy(instances, ({ status }) => status)).map(([status, of]) => [
          status,
          of?.length ?? 0,
        ]),
      );
    },
  };
}

export const later = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms });
