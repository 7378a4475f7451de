import type { Logger } from '@aws-lambda-powertools/logger';
import type { EmitMetrics } from '../shared/aws/emit-metrics.ts';
import { agentMeasurements } from '../shared/telemetry/agent-metrics.ts';
import type { AgentTelemetry } from './agent.ts';

/** Logs each attempt when it starts and when it ends, and emits its metrics. */
export function powertoolsTelemetry(logger: Logger, emit: EmitMetrics, pool: string): AgentTelemetry {
  return {
    started({ id: taskId, contextId }, { attempt, queueWaitMs }) {
      logger.info('task started', { taskId, contextId, attempt });
      if (queueWaitMs === undefined) return;
      emit(pool, agentMeasurements({ kind: 'started', queueWaitMs }));
    },
    attempted(task, outcome) {
      logger.info(`task ${outcome.kind}`, { taskId: task.id, outcome });
      if (outcome.kind === 'completed' && outcome.damage !== undefined) {
        const { contextId } = task;
        logger.error('a context is damaged, an earlier version was used', {
          contextId,
          damage: outcome.damage,
        });
      }
      // An attempt that was superseded or cancelled says nothing about the pool, and a stuck handler ends its agent.
      if (outcome.kind === 'superseded' || outcome.kind === 'cancelled' || outcome.kind === 'stuck') return;
      emit(pool, agentMeasurements(outcome));
    },
  };
}
