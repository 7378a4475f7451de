import { type DecisionLog, lastDecision } from '../../shared/ports/decision-log.ts';
import type { LoadSample } from './footprint.ts';

/** A week of one decision an hour. All of them would be 40,000 a week. */
const SAMPLES_AT_MOST = 168;
/** A shorter past is sampled more densely: agents measure their load about this often. */
const APART_AT_LEAST_MS = 60_000;
const READS_AT_A_TIME = 8;

/** How busy agents fared over a time, from decisions evenly spread over it. Each costs one read. */
export async function sampleLoads(
  decisions: Pick<DecisionLog, 'read'>,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): Promise<readonly LoadSample[]> {
  const spanMs = untilMs - fromMs;
  const count = Math.min(SAMPLES_AT_MOST, Math.ceil(spanMs / APART_AT_LEAST_MS));
  const apartMs = spanMs / count;
  const ends = Array.from({ length: count }, (_, index) => untilMs - index * apartMs);
  const samples: LoadSample[] = [];
  for (let at = 0; at < ends.length; at += READS_AT_A_TIME) {
    const some = ends.slice(at, at + READS_AT_A_TIME).map(async (endMs): Promise<readonly LoadSample[]> => {
      const last = await lastDecision(decisions, { afterMs: endMs - apartMs, untilMs: endMs });
      if (last?.kind !== 'decision') return [];
      const { config, observation } = last.record;
      const load = observation.agents.kind === 'known' ? observation.agents.value.load : undefined;
      return load ? [{ ...load, cpu: config.agent.cpu }] : [];
    });
    samples.push(...(await Promise.all(some)).flat());
  }
  return samples;
}
