import { vi } from 'vitest';
import {
  type AgentPorts,
  type AgentTelemetry,
  createShutdown,
  type Shutdown,
  type ShutdownCause,
} from '../../agent/agent.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { runAgent } from '../../agent/worker.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import type { TestStack } from './stack.ts';

const protectedAlways: Protection = { protect: async () => true, release: async () => {} };

/** Agents of a stack's pool in this process, with handlers that behave well and badly. */
export function agentsOf(stack: TestStack) {
  const started: { shutdown: Shutdown; ended: Promise<ShutdownCause> }[] = [];
  let count = 0;
  return {
    start(handler: AgentHandler, changes: Partial<AgentPorts> = {}) {
      count += 1;
      const id = `agent-${count}`;
      const shutdown = createShutdown();
      const { queue, tasks, contexts, objects, store } = stack;
      const log = { info: vi.fn(), warn: vi.fn() };
      const attempted = vi.fn<AgentTelemetry['attempted']>();
      const ports = {
        queue,
        tasks,
        contexts,
        objects,
        store,
        prefetch: async () => {},
        protection: protectedAlways,
        clock: systemClock,
        log,
        telemetry: { attempted },
      };
      const ended = runAgent({
        config: stack.config,
        identity: { id, revision: 'agents:1', launchedAtMs: Date.now() },
        loadHandler: async () => handler,
        shutdown,
        ports: { ...ports, ...changes },
      });
      const agent = { id, shutdown, ended, log, attempted };
      started.push(agent);
      return agent;
    },
    async stopAll(): Promise<void> {
      for (const { shutdown } of started) shutdown.request('SIGTERM');
      await Promise.all(started.splice(0).map(({ ended }) => ended));
    },
  };
}
