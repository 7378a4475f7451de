import type { Logger } from '@aws-lambda-powertools/logger';
import type { EmitMetrics } from '../../shared/aws/emit-metrics.ts';
import { missingData } from '../../shared/core/guards/data-quality.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { scalerMeasurements } from '../../shared/telemetry/scaler-metrics.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';

/** Logs each tick in a line and emits its metrics. */
export function powertoolsTelemetry(logger: Logger, emit: EmitMetrics): Telemetry {
  return {
    tick(record, unreadable) {
      const { pool } = record.observation;
      logger.info(viewDecision(record).line, { pool, decision: record.decision, outcome: record.outcome });
      const missing = missingData(record.observation);
      if (missing !== undefined) logger.warn(`nothing is let go: ${missing}`, { pool });
      for (const { id, reason } of record.reaped ?? [])
        logger.warn('a task was stopped', { pool, agent: id, reason });
      if (unreadable.length > 0) logger.warn('records of agents could not be read', { pool, unreadable });
      emit(pool, scalerMeasurements(record));
    },
    tickFailed: (pool, error) => logger.error('a tick failed', { pool, error: error as Error }),
    settingsLeftOut: (pool, reason) => logger.warn('settings are left out', { pool, reason }),
    historyNotSaved: (pool, error) =>
      logger.warn('history is written later', { pool, error: error as Error }),
    reapFailed: (pool, error) =>
      logger.warn('tasks without an agent are stopped later', { pool, error: error as Error }),
    leaseTaken: (pool, holder) => logger.info('another scaler holds the pool', { pool, holder }),
  };
}
