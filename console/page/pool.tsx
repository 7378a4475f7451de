import { Component } from 'preact';
import type { AgentView, PoolView } from '../../shared/views/pool-view.ts';

const STATUSES = ['busy', 'cooldown', 'ready', 'starting', 'draining'] as const;

/** The current state of a pool: its queue, its agents and its latest decision. */
export function Pool({ pool }: { readonly pool: PoolView }) {
  const { name, queue, service, agents, problems, mode, decision } = pool;
  return (
    <article class="pool" aria-labelledby={`pool-${name}`}>
      <h3 id={`pool-${name}`}>
        {name}{' '}
        {mode.kind !== 'automatic' && (
          <span class="override">
            {mode.kind} by {mode.by}
          </span>
        )}
      </h3>
      <dl class="numbers">
        <Figure label="queued" value={queue.visible} />
        <Figure label="in flight" value={queue.inFlight} />
        <Figure label="desired" value={service.desired} />
        <Figure label="running" value={service.running} />
        <Figure label="pending" value={service.pending} />
        {STATUSES.map((status) => (
          <Figure
            key={status}
            label={status}
            value={agents.filter((agent) => agent.status === status).length}
          />
        ))}
      </dl>
      <ul class={`agents ${agents.length > 60 ? 'many' : ''}`} aria-label={`Agents of ${name}`}>
        {agents.map((agent) => (
          <Agent key={agent.id} {...agent} />
        ))}
      </ul>
      {problems.map(({ text, agents: count }) => (
        <p key={text} class="problem" role="alert">
          {count} {count === 1 ? 'agent takes' : 'agents take'} no tasks: {text}
        </p>
      ))}
      {decision && (
        <p class="last">
          {decision.kind} at {decision.desired ?? '?'}: {decision.reason}
        </p>
      )}
    </article>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-of={label}>{value}</dd>
    </div>
  );
}

/** Renders again only when its status or task has changed. */
class Agent extends Component<AgentView> {
  override shouldComponentUpdate({ status, taskId }: AgentView): boolean {
    return status !== this.props.status || taskId !== this.props.taskId;
  }

  override render({ id, status, taskId }: AgentView) {
    const title = `${id} is ${status}${taskId === undefined ? '' : ` (task ${taskId})`}`;
    return (
      <li class={`agent ${status}`} title={title}>
        <span class="id">{id.slice(0, 6)}</span> <span class="status">{status}</span>
      </li>
    );
  }
}
