import { hostname, userInfo } from 'node:os';
import type { FaultProxies } from '../../local/faults/fault-proxies.ts';
import type { LocalStack } from '../../local/stack.ts';
import type { OpenPool } from '../../shared/aws/open-pool.ts';
import { overridePool } from '../../shared/runtime/override-pool.ts';
import type { Action } from '../actions.ts';
import type { Controls, InForce } from '../source.ts';
import { BURST_LABELS, readBurst } from './bursts.ts';
import { player } from './player.ts';

/** What controls act on. */
export type Targets = {
  readonly stack: LocalStack;
  readonly pools: readonly OpenPool[];
  readonly proxies: FaultProxies;
  /** The pool that the recorded trace plays to; its handler replays turns. Undefined: the pools are the user's own. */
  readonly replaying?: string | undefined;
  readonly onError: (error: Error) => void;
};

export type LocalControls = Controls & { close(): void };

/** Dead letters that are looked through for one task. */
const LETTERS = 100;

/** What only a stack on this machine lets one do. */
export function localControls({ stack, pools, proxies, replaying, onError }: Targets): LocalControls {
  let faults: InForce['faults'] = [];
  const plays = replaying === undefined ? undefined : player(named(replaying).client, onError);
  plays?.play();

  function named(name: string): OpenPool {
    const found = pools.find(({ pool }) => pool.name === name);
    if (!found) throw new Error(`unknown pool "${name}"`);
    return found;
  }

  /** @throws Error if the pools' handlers are the user's own. */
  function replayed(): NonNullable<typeof plays> {
    if (!plays) throw new Error('recorded traces play on the demo pool only: start without --config');
    return plays;
  }

  async function act(action: Action): Promise<string> {
    switch (action.do) {
      case 'play':
        replayed().play();
        return 'the recorded trace plays';
      case 'stop-playing':
        replayed().stop();
        return 'the recorded trace has stopped';
      case 'burst': {
        const arrivals = await readBurst(action.burst);
        replayed().burst(arrivals);
        return `sending ${arrivals.length} tasks over ${Math.ceil(arrivals.at(-1)?.atSeconds ?? 0)} s`;
      }
      case 'send':
        await named(action.pool).client.sendTasks(tasksOf(action));
        return `sent ${action.tasks} ${action.tasks === 1 ? 'task' : 'tasks'}`;
      case 'kill': {
        const task = stack.ecs.scheduler.tasks.get(action.agent);
        if (!task?.process) throw new Error(`agent ${action.agent} isn't running`);
        task.process.kill('SIGKILL');
        return `killed agent ${action.agent.slice(0, 8)}`;
      }
      case 'fault':
        return inject(action);
      case 'end-faults':
        for (const { service } of faults) proxies.of(service as never).set({});
        faults = [];
        return 'no faults are injected any more';
      case 'redrive':
        return redrive(named(action.pool), action.task);
      default:
        return override(named(action.pool), action);
    }
  }

  function inject({ service, fault, percent, seconds }: Extract<Action, { do: 'fault' }>): string {
    proxies.of(service).set({ [fault]: percent / 100 }, seconds * 1000);
    const untilMs = Date.now() + seconds * 1000;
    // A service has the faults that were set last.
    faults = [...faults.filter((each) => each.service !== service), { service, fault, percent, untilMs }];
    return `${percent} % of the calls to ${service} are "${fault}" for ${seconds} s`;
  }

  return {
    act,
    bursts: BURST_LABELS,
    replaying: replaying === undefined ? [] : [replaying],
    inForce() {
      faults = faults.filter(({ untilMs }) => untilMs > Date.now());
      return { ...(plays && { playing: plays.isPlaying }), faults };
    },
    close: () => plays?.stop(),
  };
}

function tasksOf({ tasks, payload }: Extract<Action, { do: 'send' }>) {
  return Array.from({ length: tasks }, () => ({ payload }));
}

type OverrideAction = Extract<Action, { do: 'pause' | 'resume' | 'pin' | 'set' | 'unset' }>;

async function override(pool: OpenPool, action: OverrideAction): Promise<string> {
  const wanted = {
    pause: () => ({ kind: 'pause' }) as const,
    resume: () => ({ kind: 'resume' }) as const,
    pin: () => ({ kind: 'pin', desired: action.do === 'pin' ? action.desired : 0 }) as const,
    set: () =>
      ({ kind: 'settings', change: (values: object) => ({ ...values, ...valuesOf(action) }) }) as const,
    unset: () => ({ kind: 'settings', change: () => ({}) }) as const,
  };
  await overridePool(pool, wanted[action.do](), `${userInfo().username}@${hostname()}, in the console`);
  return `${action.pool}: takes effect on the next tick`;
}

function valuesOf(action: OverrideAction): Readonly<Record<string, unknown>> {
  return action.do === 'set' ? action.values : {};
}

async function redrive({ deadLetters }: OpenPool, id: string): Promise<string> {
  const { letters } = await deadLetters.take(LETTERS);
  const wanted = letters.find(({ taskId }) => taskId === id);
  await Promise.all(
    letters.filter((letter) => letter !== wanted).map((letter) => deadLetters.returnToQueue(letter)),
  );
  if (!wanted) throw new Error(`task ${id} isn't in the dead-letter queue, or is hidden for some minutes`);
  await deadLetters.redrive(wanted);
  return `task ${id} is queued again`;
}
