import { BATCH, type QueueMessage } from '../shared/ports/task-queue.ts';
import { type Agent, RETRY_MS } from './agent.ts';
import type { OwnRecord } from './own-record.ts';
import type { ProcessLoad } from './process-load.ts';
import type { Receive } from './receive.ts';
import { type TaskWorker, workOn } from './work-on.ts';

/** What an agent works with, once it's ready. */
type Worker = TaskWorker & { readonly receive: Receive; readonly load: ProcessLoad };

/** How often an agent that takes no tasks reads its record: whether its drain was taken back, or its slots changed. */
const READ_RECORD_MS = 5_000;
/** How often an agent that's held up by a handler checks whether it still is. */
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
    if (!record.takesTasks() && !freed.aborted) await record.save();
    return;
  }
  const messages = await receive(pollSeconds(agent, record), Math.min(free, BATCH));
  for (const turns of inGroups(messages)) slots.use(workOn(agent, worker, turns));
  if (messages.length === 0) await record.settle();
}

/** Messages of one group run one after the other, in their order. So they use one slot. */
function inGroups(messages: readonly QueueMessage[]): readonly (readonly QueueMessage[])[] {
  return [
    ...Map.groupBy(messages, ({ messageId, groupId, deduplicationId }) =>
      // Only in a FIFO queue. In a standard queue, a group is a tenant.
      deduplicationId === undefined ? messageId : groupId,
    ).values(),
  ];
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
