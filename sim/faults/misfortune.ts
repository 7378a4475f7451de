import type { Engine } from '../engine.ts';
import type { Services } from '../production.ts';
import type { Faults } from './calls.ts';
import type { Invariants } from './invariants.ts';
import { SLOTS_AT_MOST } from './pool-of-seed.ts';

/** A pool to which things happen by themselves. */
type Exposed = {
  readonly engine: Engine;
  readonly faults: Faults;
  readonly services: Services;
  readonly checks: Invariants;
};

/** Every five seconds, an agent may die, a version be deployed, a message be lost, or an operator may pause the pool. */
export function bringMisfortune(pool: Exposed): void {
  const { engine, faults, services, checks } = pool;
  const { service } = services;
  engine.after(5_000, () => {
    if (faults.isOver) return;
    const running = service.tasks.filter(({ status }) => status === 'running');
    const victim = running[Math.floor(engine.chance('victim') * running.length)];
    if (victim && faults.strikes('kill agent', 0.02)) {
      engine.log(`fault: ${victim.id} dies`);
      service.kill(victim);
    } else if (victim && faults.strikes('spot interruption', 0.01)) {
      engine.log(`fault: Fargate takes ${victim.id} back`);
      service.stop(victim, 'SpotInterruption');
    }
    if (faults.strikes('deployment', 0.005)) {
      service.deploy(`agents:${Number(service.revision.split(':')[1]) + 1}`);
    }
    if (victim && faults.strikes('instance drains', 0.005)) {
      const next = running[running.indexOf(victim) + 1];
      service.drain(next ? [victim, next] : [victim]);
    }
    if (faults.strikes('forced deployment', 0.003)) service.deploy();
    if (faults.strikes('pause', 0.005)) pause(pool);
    if (faults.strikes('concurrency changed', 0.005)) changeConcurrency(pool);
    loseMessages(pool);
    checks.heads();
    bringMisfortune(pool);
  });
}

/** What SQS does by itself, or an operator does to it. */
function loseMessages({ engine, faults, services: { queue } }: Exposed): void {
  if (faults.strikes('purged', 0.001)) {
    engine.log('fault: the queue is purged');
    queue.purge();
  }
  const visible = queue.messages.filter(({ visibleAtMs }) => visibleAtMs <= engine.nowMs);
  const message = visible[Math.floor(engine.chance('moved') * visible.length)];
  if (message && faults.strikes('moved by SQS', 0.005)) {
    engine.log(`fault: SQS moves ${message.id} to the dead-letter queue`);
    queue.moveToDeadLetters(message);
  }
}

function changeConcurrency({ engine, services: { records } }: Exposed): void {
  const concurrency = 1 + Math.floor(engine.chance('concurrency') * SLOTS_AT_MOST);
  engine.log(`an operator gives agents ${concurrency} slots`);
  const settings = { values: { concurrency }, by: 'operator', atMs: engine.nowMs };
  records.overrides = { ...records.overrides, settings };
}

function pause({ engine, services: { records } }: Exposed): void {
  engine.log('an operator pauses the pool');
  const mode = { kind: 'paused', by: 'operator', atMs: engine.nowMs } as const;
  records.overrides = { ...records.overrides, mode };
  engine.after(engine.chance.between('paused for', 10_000, 120_000), () => {
    records.overrides = { ...records.overrides, mode: { kind: 'automatic' } };
  });
}
