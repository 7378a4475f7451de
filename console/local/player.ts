import { readConversations } from '../../local/replay/conversations.ts';
import { planTasks } from '../../local/replay/plan.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { ownFile } from '../../shared/project/own-files.ts';
import type { TaskClient } from '../../shared/tasks/client.ts';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';

const TRACE = 'local/replay/data/tweets-amzn-excerpt.csv';
const CONVERSATIONS = 'local/replay/data/conversations-excerpt.jsonl.gz';
/** The half hour of the recording takes two and a half minutes. */
const SPEED = 12;

/** Sends recorded turns of recorded conversations to a pool whose handler replays them. */
export function player(client: Pick<TaskClient, 'sendTasks'>, onError: (error: Error) => void) {
  let playing: AbortController | undefined;

  /** Sends arrivals at their times, each as the next turn of a conversation. */
  async function send(name: string, arrivals: readonly Arrival[], signal: AbortSignal): Promise<void> {
    const planned = planTasks(arrivals, await readConversations(ownFile(CONVERSATIONS)), 1);
    const startMs = Date.now();
    for (const { id, contextId, atSeconds, payload } of planned) {
      await systemClock.sleep(Math.max(0, startMs + 1000 * atSeconds - Date.now()), signal);
      if (signal.aborted) return;
      await client.sendTasks([{ id: `${name}-${id}`, contextId: `${name}-${contextId}`, payload }]);
    }
  }

  /** From the beginning again at its end. A round that fails ends, and the next one begins. */
  async function loop(signal: AbortSignal): Promise<void> {
    const arrivals = (await readTrace(ownFile(TRACE))).map(({ atSeconds, durationSeconds }) => ({
      atSeconds: atSeconds / SPEED,
      durationSeconds: durationSeconds / SPEED,
    }));
    while (!signal.aborted) {
      await send(`trace-${nameOfNow()}`, arrivals, signal).catch(onError);
      await systemClock.sleep(1_000, signal);
    }
  }

  return {
    get isPlaying() {
      return playing !== undefined;
    },
    play(): void {
      if (playing) return;
      playing = new AbortController();
      loop(playing.signal).catch(onError);
    },
    stop(): void {
      playing?.abort();
      playing = undefined;
    },
    /** Sends a burst beside whatever plays. It ends on its own. */
    burst(arrivals: readonly Arrival[]): void {
      send(`burst-${nameOfNow()}`, arrivals, new AbortController().signal).catch(onError);
    },
  };
}

function nameOfNow(): string {
  return Date.now().toString(36);
}
