import { compact } from '../../shared/contexts/compact.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { closeLost } from '../../shared/runtime/close-lost.ts';
import { scalePools } from '../../shared/runtime/scale-pools.ts';
import { type Engine, Process } from '../engine.ts';
import { type Network, type Services, scalerPorts } from '../production.ts';
import type { Faults } from './calls.ts';
import type { Invariants } from './invariants.ts';

/** A pool whose scaler and compactor run on their schedules. */
type Scheduled = {
  readonly engine: Engine;
  readonly faults: Faults;
  readonly services: Services;
  readonly network: Network;
  readonly checks: Invariants;
  /** How long the scaler isn't called at all, once. */
  readonly awaySeconds: number;
};

const AWAY_FROM_MINUTE = 3;

/** Every 15 minutes, calls the reconciler, which ends the tasks whose messages are gone. */
export function runReconciler(pool: Scheduled): void {
  const { engine, services, network } = pool;
  engine.after(RECONCILED_EVERY_MS, () => runReconciler(pool));
  const process = new Process(engine, 'reconcile');
  const reach = network(process);
  const ports = {
    queue: reach('sqs', services.queue.port()),
    tasks: reach('table', services.records.taskStore()),
    clock: process.clock,
  };
  closeLost(ports, { retentionSeconds: 7 * 86_400 }).then(
    (lost) => {
      for (const { id, reason } of lost) engine.log(`${id} is lost: ${reason}`);
    },
    () => undefined,
  );
}

const RECONCILED_EVERY_MS = 15 * 60_000;

/** Every minute, calls the scaler: once, twice or not at all. Calls the compactor at most once. */
export function runSchedules(pool: Scheduled, minute = 0): void {
  const { engine, faults, awaySeconds } = pool;
  const isAway = minute === AWAY_FROM_MINUTE && awaySeconds > 0;
  if (isAway) engine.log(`fault: the scaler is away for ${awaySeconds / 60} minutes`);
  engine.after(isAway ? 1_000 * awaySeconds : 60_000, () => runSchedules(pool, minute + 1));
  if (faults.strikes('skip scaler', 0.05)) {
    engine.log('fault: the scaler is not called');
    return;
  }
  const runs = faults.strikes('double scaler', 0.1) ? 2 : 1;
  for (let run = 0; run < runs; run++) {
    engine.after(engine.chance.between('schedule', 0, 10_000), () => scale(pool, `run-${minute}-${run}`));
  }
  if (minute === 5 && faults.strikes('compact', 0.8)) compactContexts(pool);
}

function scale({ engine, faults, services, network, checks }: Scheduled, holder: string): void {
  const process = new Process(engine, holder);
  let calls = 0;
  const counting: Network = (caller) => (name, port) => {
    const made = network(caller)(name, port);
    return Object.fromEntries(
      Object.entries(made).map(([method, call]) => [
        method,
        (...args: unknown[]) => {
          calls += 1;
          return (call as (...given: unknown[]) => unknown)(...args);
        },
      ]),
    ) as typeof port;
  };
  const telemetry: Telemetry = {
    tick: (record) => {
      checks.decision(record, holder);
      checks.calls(calls);
      calls = 0;
    },
    tickFailed: (_pool, error) => engine.log(`${holder}: a tick failed: ${String(error)}`),
    leaseTaken: () => {},
    settingsLeftOut: () => {},
    historyNotSaved: () => {},
    reapFailed: (_pool, error) => engine.log(`${holder}: not reaped: ${String(error)}`),
  };
  const ports = scalerPorts(services, { process, network: counting, telemetry });
  const fleet = {
    ...ports.fleet,
    setDesiredCount: (count: number) => {
      checks.desired(count, holder, process.clock.now());
      return ports.fleet.setDesiredCount(count);
    },
  };
  scalePools([{ config: services.config, ports: { ...ports, fleet } }], holder, process.clock).catch(
    () => undefined,
  );
  if (faults.strikes('freeze scaler', 0.15)) {
    engine.after(engine.chance.between('frozen at', 0, 1_000), () => {
      engine.log(`fault: ${holder} stands still`);
      process.freeze(engine.chance.between('frozen for', 35_000, 70_000));
    });
  }
  // Lambda ends a run that takes too long, and sometimes one that does not.
  const lifetimeMs = faults.strikes('kill scaler', 0.1)
    ? engine.chance.between('killed after', 0, 60_000)
    : 80_000;
  engine.after(lifetimeMs, () => process.kill());
}

function compactContexts({ engine, services: { config, contexts }, network }: Scheduled): void {
  const process = new Process(engine, 'compact');
  const reach = network(process);
  const store = reach('table', contexts.store);
  const objects = reach('s3', contexts.objects, 'list');
  const { patternStore } = contexts;
  const known = patterns(config.name, { store: patternStore, objects, nowMs: process.clock.now });
  compact(
    config.name,
    { store, objects, patternStore, patterns: known, clock: process.clock },
    { dryRun: false },
  ).catch(() => undefined);
}
