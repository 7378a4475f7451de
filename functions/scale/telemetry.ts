import type { Logger } from '@aws-lambda-powertools/logger';
import type { EmitMetrics } from '../../shared/aws/emit-metrics.ts';
import { missingData } from '../../shared/core/guards/data-quality.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { scalerMeasurements } from '../../shared/telemetry/scaler-metrics.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';

/** Logs each tick as one line and emits its metrics. */
export function powertoolsTelemetry(logger: Logger, emit: EmitMetrics): Telemetry {
  return {
    tick(record, unreadable) {
      const { pool } = record.observation;
      logger.info(viewDecision(record).line, { pool, decision: record.decision, outcome: record.outcome });
      const missing = missingData(record.observation);
      if (missing !== undefined) logger.warn(`scaling in is blocked: ${missing}`, { pool });
      for (const { id, reason } of record.reaped ?? [])
        logger.warn('ECS task reaped', { pool, agent: id, reason });
      if (unreadable.length > 0) logger.warn('unreadable agent records', { pool, unreadable });
      emit(pool, scalerMeasurements(record));
    },
    tickFailed: (pool, error) => logger.error('a tick failed', { pool, error: error as Error }),
    settingsLeftOut: (pool, reason) => logger.warn('overridden settings ignored', { pool, reason }),
    historyNotSaved: (pool, error) =>
      logger.warn('history not saved, will retry', { pool, error: error as Error }),
    reapFailed: (pool, error) => logger.warn('reaping failed, will retry', { pool, error: error as Error }),
    leaseTaken: (pool, holder) => logger.info('another scaler holds the lease', { pool, holder }),
  };
}
