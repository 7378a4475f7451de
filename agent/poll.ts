import { canResume } from '../shared/core/pool/agent-instance.ts';
import { BATCH } from '../shared/ports/task-queue.ts';
import { type Agent, RETRY_MS } from './agent.ts';
import type { OwnRecord } from './own-record.ts';
import type { ProcessLoad } from './process-load.ts';
import type { Receive } from './receive.ts';
import { type Equipment, workOn } from './work-on.ts';

/** What an agent works with, once it's ready. */
export type Worker = Equipment & { readonly receive: Receive; readonly load: ProcessLoad };

/** How often an agent that takes no tasks reads its record: whether its drain was taken back, or its slots changed. */
const READ_RECORD_MS = 5_000;
/** Many ticks: by then, the scaler would have scaled it in or taken its drain back. */
const FORGOTTEN_MS = 5 * 60_000;
/** How often an agent that's held up by a handler, or by the line for a limit, checks whether it still is. */
const HELD_UP_MS = 1_000;

/** Takes tasks while there are free slots, until the agent has to stop. Returns once all its tasks have ended. */
export async function takeTasks(agent: Agent, worker: Worker): Promise<void> {
  const slots = usedSlots();
  while (!agent.shutdown.signal.aborted) {
    try {
      await pollOnce(agent, worker, slots);
    } catch (error) {
      agent.ports.log.warn('could not take a task', { error });
      await agent.ports.clock.sleep(RETRY_MS, agent.shutdown.signal);
      await worker.record.save().catch(() => undefined);
    }
  }
  agent.ports.log.info('takes no more tasks', { cause: agent.shutdown.cause() });
  // While its last tasks run, the scaler shouldn't count on its free slots.
  if (slots.used() > 0)
    await worker.record.save({ notReceivingSinceMs: agent.ports.clock.now() }).catch(() => undefined);
  await slots.allFree();
}

/** Receives as many messages as there are free slots, and starts on each at once. Without a free slot, waits for one. */
async function pollOnce(agent: Agent, worker: Worker, slots: UsedSlots): Promise<void> {
  const { record, load, receive } = worker;
  const { clock } = agent.ports;
  const { signal } = agent.shutdown;
  const isHeldUp = slots.used() > 0 && load.isHeldUp();
  const free = record.takesTasks() && !isHeldUp ? record.instance().slots - slots.used() : 0;
  if (free <= 0) {
    const freed = slots.nextFree(signal);
    await clock.sleep(isHeldUp ? HELD_UP_MS : READ_RECORD_MS, freed);
    if (!record.takesTasks() && !freed.aborted) await waitForScaler(agent, record);
    return;
  }
  // Turns of one conversation would come together, and those behind the first would have been received for nothing
  // whenever it's put back: after a hundred receives, a message is given up.
  const atMost = agent.config.ordering === 'fifo' ? 1 : Math.min(free, BATCH);
  // A task whose turn is far off waits better in the queue: there it's visible as waiting, and keeps its place.
  const room = agent.ports.limits.room();
  const messages = room > 0 ? await receive(pollSeconds(agent, record), Math.min(atMost, room)) : [];
  for (const message of messages) slots.use(workOn(agent, worker, message));
  if (messages.length === 0) await record.settle();
  // By then, those that it has just taken stand in the line as well.
  if (room < BATCH) await clock.sleep(HELD_UP_MS, signal);
}

/**
 * A draining agent without tasks waits until the desired count has been lowered for it. When nothing comes of that,
 * because the pool is paused or its scaler is away, it takes tasks again.
 */
async function waitForScaler({ ports }: Agent, record: OwnRecord): Promise<void> {
  const { statusSinceMs, lastUsedAtMs = 0, tasks } = record.instance();
  const waitedMs = ports.clock.now() - Math.max(statusSinceMs, lastUsedAtMs);
  const isForgotten = Object.keys(tasks).length === 0 && waitedMs > FORGOTTEN_MS;
  if (isForgotten && canResume(record.instance())) await record.become('resume', {}, 'drainGeneration');
  await record.save();
}

/** Poll time, at most the rest of the cooldown, so that the cooldown ends in time. */
function pollSeconds({ config, ports }: Agent, record: OwnRecord): number {
  const { status, statusSinceMs } = record.instance();
  if (status !== 'cooldown') return config.pollSeconds;
  const leftMs = statusSinceMs + config.cooldownSeconds * 1000 - ports.clock.now();
  return Math.min(config.pollSeconds, Math.max(1, Math.ceil(leftMs / 1000)));
}

type UsedSlots = {
  used(): number;
  /** Uses a slot until the work ends. It never rejects. */
  use(work: Promise<void>): void;
  /** Aborts when a slot becomes free, or when the agent has to stop. */
  nextFree(stop: AbortSignal): AbortSignal;
  allFree(): Promise<void>;
};

function usedSlots(): UsedSlots {
  const running = new Set<Promise<void>>();
  let freed = new AbortController();
  return {
    used: () => running.size,
    use(work) {
      const done = work.finally(() => {
        running.delete(done);
        freed.abort();
        freed = new AbortController();
      });
      running.add(done);
    },
    nextFree: (stop) => AbortSignal.any([freed.signal, stop]),
    allFree: async () => void (await Promise.all(running)),
  };
}
