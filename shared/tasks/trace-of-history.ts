import type { HistoryMinute } from '../core/pool/history.ts';
import type { Arrival } from './trace.ts';

/**
 * The arrivals of a pool's history, which keeps minutes: each minute's are spread evenly over it, with the mean duration
 * of the tasks that completed in it, or else of the latest minute in which some did (a second before the first such
 * minute). Times are seconds since the first minute began.
 */
export async function* arrivalsOfMinutes(
  minutes: AsyncIterable<HistoryMinute> | Iterable<HistoryMinute>,
): AsyncGenerator<Arrival> {
  let firstMinute: number | undefined;
  let durationSeconds = 1;
  for await (const { minute, arrivals, completed, durationMs } of minutes) {
    firstMinute ??= minute;
    if (completed > 0) durationSeconds = durationMs / completed / 1000;
    const minuteSeconds = 60 * (minute - firstMinute);
    for (let index = 0; index < arrivals; index++)
      yield { atSeconds: minuteSeconds + (60 * (index + 0.5)) / arrivals, durationSeconds };
  }
}
