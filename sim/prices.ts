import { ownProviders } from '../shared/core/pool/capacity.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';

/**
 * AWS's list prices in us-east-1 on arm64, US dollars, as of March 2026. Fargate's are those of
 * https://aws.amazon.com/fargate/pricing: $0.03238 a vCPU-hour and $0.00356 a GB-hour (x86: $0.04048 and $0.004445),
 * and $0.000111 for a GB-hour of disk space beyond the first 20 GB.
 */
export const PRICES = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  tableGbMonth: 0.25,
  recoveryGbMonth: 0.2,
  queueCall: 0.5 / 1e6,
  /** $0.005 for a thousand LIST requests, each of a thousand objects. */
  listedObject: 0.005 / 1e6,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  logGb: 0.5,
  trace: 5 / 1e6,
  imageGbMonth: 0.1,
  cpuHour: 0.03238,
  gbHour: 0.00356,
  x86CpuHour: 0.04048,
  x86GbHour: 0.004445,
  diskGbHour: 0.000111,
  /** Fargate Spot varies; about 70 % less. */
  spotShare: 0.3,
  addressHour: 0.005,
} as const;

/** What CloudWatch and X-Ray do not charge for in an account and month. */
export const FREE = { metrics: 10, alarms: 10, dashboards: 3, logGb: 5, traces: 100_000 } as const;

export const MONTH_HOURS = 730;

/** An agent on demand, an hour: a quarter of a vCPU and half a gigabyte, Fargate's smallest. */
export const AGENT_HOUR = 0.25 * PRICES.cpuHour + 0.5 * PRICES.gbHour;

/**
 * What a pool at work costs a month beside its agents and turns, by docs/cost.md: a scaler that ticks every 15 s, the
 * pool's alarms and dashboard, its metrics, its ticks and its log.
 */
export const CONTROL_PLANE_MONTH = 8.76 + 4.3 + 10.2 + 0.58 + 0.16;

const FREE_DISK_GB = 20;

/**
 * What a pool's agents cost an hour at list price, in US dollars, when it pays for this many in the mean: by their size,
 * and those beyond `capacity.onDemandBase` by the share on Spot (disk space costs the same there). Undefined for agents on
 * instances of the pool's own, whose price isn't known.
 */
export function agentDollarsPerHour(
  { agent, capacity }: Pick<PoolConfig, 'agent' | 'capacity'>,
  agents: number,
): number | undefined {
  if (ownProviders(capacity).length > 0 || !('spotPercent' in capacity)) return undefined;
  const { cpu, memoryMiB, architecture, ephemeralStorageGiB = FREE_DISK_GB } = agent;
  const [cpuHour, gbHour] =
    architecture === 'x86_64' ? [PRICES.x86CpuHour, PRICES.x86GbHour] : [PRICES.cpuHour, PRICES.gbHour];
  const compute = (cpu / 1024) * cpuHour + (memoryMiB / 1024) * gbHour;
  const disk = (ephemeralStorageGiB - FREE_DISK_GB) * PRICES.diskGbHour;
  const onSpot = (Math.max(0, agents - capacity.onDemandBase) * capacity.spotPercent) / 100;
  return agents * (compute + disk) - onSpot * compute * (1 - PRICES.spotShare);
}
