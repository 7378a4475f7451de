import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { checked } from './finding.ts';

/** "Fargate On-Demand vCPU resource count" and the same for Spot. */
const VCPU_QUOTAS = { 'on demand': 'L-3032A538', Spot: 'L-36FBB829' } as const;
const CPU_UNITS = 1024;

/** Compares what all pools need at their maximum with the account's Fargate quotas. */
export function checkQuotas(pools: readonly PoolConfig[]) {
  return checked('quotas', async () => {
    const client = new ServiceQuotasClient({});
    const needed = neededBy(pools);
    const quotas = await Promise.all(
      (['on demand', 'Spot'] as const)
        .filter((kind) => needed[kind] > 0)
        .map(async (kind) => {
          const { Quota } = await client.send(
            new GetServiceQuotaCommand({ ServiceCode: 'fargate', QuotaCode: VCPU_QUOTAS[kind] }),
          );
          return { kind, needed: needed[kind], allowed: Quota?.Value ?? 0 };
        }),
    );
    if (quotas.length === 0) return { verdict: 'good', text: 'no pool runs on Fargate' };
    const isEnough = quotas.every(({ needed: asked, allowed }) => asked <= allowed);
    const text = quotas
      .map(({ kind, needed: asked, allowed }) => `${asked} of ${allowed} vCPUs ${kind}`)
      .join(', ');
    return {
      verdict: isEnough ? 'good' : 'bad',
      text: `all pools at max need ${text}${isEnough ? '' : ': request an increase in Service Quotas, or lower max'}`,
    };
  });
}

/** vCPUs. */
function neededBy(pools: readonly PoolConfig[]): { readonly 'on demand': number; readonly Spot: number } {
  const needed = { 'on demand': 0, Spot: 0 };
  for (const { max, agent, capacity } of pools) {
    // Quotas for EC2 count instances, and how many agents one holds isn't known here.
    if (!('onDemandBase' in capacity)) continue;
    const base = Math.min(max, capacity.onDemandBase);
    const spot = ((max - base) * capacity.spotPercent) / 100;
    needed.Spot += (spot * agent.cpu) / CPU_UNITS;
    needed['on demand'] += ((max - spot) * agent.cpu) / CPU_UNITS;
  }
  return needed;
}
