import { setTimeout } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import {
  type AgentPorts,
  type AgentTelemetry,
  createShutdown,
  endOfUploads,
  type Shutdown,
  type ShutdownCause,
} from '../../agent/agent.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { agentLimits } from '../../agent/limits/agent-limits.ts';
import type { ProcessLoad } from '../../agent/process-load.ts';
import { runAgent } from '../../agent/worker.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import type { TaskQueue } from '../../shared/ports/task-queue.ts';
import { LimitRecords } from '../../sim/aws/limit-records.ts';
import type { TestStack } from './stack.ts';

const protectedAlways: Protection = { protect: async () => true, release: async () => {} };

/** Other tests of this process say nothing about an agent. */
const UNLOADED: ProcessLoad = {
  sample: () => ({ cpuShare: 0, memoryMiB: 0, eventLoopDelayMs: 0 }),
  isHeldUp: () => false,
};

/** The time is what it is, but every pause is a tenth as long. */
const hastyClock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal) };

/** A queue whose polls end with the agent, and whose messages come back sooner. */
function hasty(queue: TaskQueue, { signal }: Shutdown): TaskQueue {
  return {
    ...queue,
    async receive(pollSeconds, visibilitySeconds, atMost) {
      for (let left = 20 * pollSeconds; ; left--) {
        const messages = await queue.receive(0, Math.ceil(visibilitySeconds / 10), atMost);
        if (messages.length > 0 || left <= 0 || signal.aborted) return messages;
        await setTimeout(50);
      }
    },
    release: (message) => queue.release(message),
  };
}

/** Its intervals are those of a real pool; {@link agentsOf} divides them by ten. */
export const AGENT_POOL = {
  taskTimeoutSeconds: 5,
  cooldownSeconds: 0,
  maxAttempts: 2,
  visibilitySeconds: 2,
  heartbeatSeconds: 1,
  stopTimeoutSeconds: 5,
} as const;

/** Counts the turns of a conversation in its context. */
export const counting: AgentHandler = async (task, context) => {
  const { turns = [] } = (context ?? {}) as { turns?: string[] };
  return { result: { saw: turns.length, payload: task.payload }, context: { turns: [...turns, task.id] } };
};

export async function sendRaw(stack: TestStack, body: string, groupId: string): Promise<void> {
  await sqsClient().send(
    new SendMessageCommand({
      QueueUrl: stack.pool.queueUrl,
      MessageBody: body,
      MessageGroupId: groupId,
      MessageDeduplicationId: groupId,
    }),
  );
}

/** Agents of a stack's pool in this process, with handlers that behave well and badly. */
export function agentsOf(stack: TestStack) {
  const started: { shutdown: Shutdown; ended: Promise<ShutdownCause> }[] = [];
  let count = 0;
  return {
    start(
      handler: AgentHandler,
      changes: Partial<AgentPorts> | ((uploads: AbortSignal) => Partial<AgentPorts>) = {},
    ) {
      count += 1;
      const id = `agent-${count}`;
      const shutdown = createShutdown();
      const { queue, tasks, contexts, objects, store } = stack;
      const log = { info: vi.fn(), warn: vi.fn() };
      const attempted = vi.fn<AgentTelemetry['attempted']>();
      const uploads = endOfUploads(shutdown, { clock: hastyClock, ...stack.config });
      const ports = {
        queue: hasty(queue, shutdown),
        tasks,
        contexts,
        objects,
        uploads,
        delegates: () => undefined,
        limits: agentLimits(stack.config.limits, { store: new LimitRecords(), clock: hastyClock, log }),
        store,
        prefetch: async () => {},
        protection: protectedAlways,
        load: UNLOADED,
        clock: hastyClock,
        log,
        telemetry: { started: () => {}, attempted },
      };
      const ended = runAgent({
        config: stack.config,
        identity: { id, revision: 'agents:1', launchedAtMs: Date.now() },
        loadHandler: async () => handler,
        shutdown,
        ports: { ...ports, ...(typeof changes === 'function' ? changes(uploads) : changes) },
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
