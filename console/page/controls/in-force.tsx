import { useState } from 'preact/hooks';
import type { Action } from '../../actions.ts';
import { act } from '../api.ts';
import { dayAndTime, timeOfDay } from '../format.ts';
import { useLive } from '../live.ts';
import { Icon } from '../parts/icon.tsx';

/** What somebody has set going or put in force, always visible, each with its author and a way back. */
export function InForceBar() {
  const inForce = useLive('in-force');
  const pools = useLive('pools') ?? [];
  const [problem, setProblem] = useState('');
  const doIt = (action: Action) =>
    void act(action).then(
      () => setProblem(''),
      (error: Error) => setProblem(error.message),
    );
  const overridden = pools.flatMap((pool) => (pool.kind === 'read' ? [pool] : []));
  return (
    <section class="in-force" aria-label="In force">
      {inForce?.playing !== undefined && (
        <span>
          <button
            type="button"
            role="switch"
            aria-checked={inForce.playing}
            onClick={() => doIt({ do: inForce.playing ? 'stop-playing' : 'play' })}
          >
            <Icon name={inForce.playing ? 'pause' : 'play'} /> Recorded trace
          </button>{' '}
          {inForce.playing
            ? 'half an hour of recorded tasks plays in 2½ minutes, again and again'
            : 'stopped'}
        </span>
      )}
      {inForce?.faults.map(({ service, fault, percent, untilMs }) => (
        <span key={service} class="warn">
          <Icon name="warning" /> {percent} % of the calls to {service} are “{fault}” until{' '}
          {timeOfDay(untilMs)}{' '}
          <button type="button" onClick={() => doIt({ do: 'end-faults' })}>
            End
          </button>
        </span>
      ))}
      {overridden.map(({ name, mode, settings }) => (
        <>
          {mode.kind !== 'automatic' && (
            <span key={`${name} mode`} class="warn">
              {name}: {mode.kind}
              {mode.kind === 'pinned' && ` at ${mode.desired}`} by {mode.by} since {dayAndTime(mode.atMs)}{' '}
              <button type="button" onClick={() => doIt({ do: 'resume', pool: name })}>
                Resume
              </button>
            </span>
          )}
          {settings && (
            <span key={`${name} settings`} class="warn">
              {name}: {JSON.stringify(settings.values)} set by {settings.by} since {dayAndTime(settings.atMs)}{' '}
              <button type="button" onClick={() => doIt({ do: 'unset', pool: name })}>
                Take back
              </button>
            </span>
          )}
        </>
      ))}
      {problem !== '' && <span role="alert">{problem}</span>}
    </section>
  );
}
