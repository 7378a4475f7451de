import type { PoolConfig } from '../../../shared/core/pool/config.ts';
import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { poolText } from './pool-text.ts';

type Props = { readonly today: PoolConfig; readonly point: WhatIfPoint };

/** What a point is in `pools.config.ts`. No pool runs that it could be applied to. */
export function PoolText({ today, point: { label, values } }: Props) {
  if (values === undefined) return <p class="apply quiet">“{label}” isn't a setting of a pool.</p>;
  return (
    <div class="apply">
      <p>
        In <code>pools.config.ts</code>, for the pool:
      </p>
      <pre>{poolText(today, values)}</pre>
    </div>
  );
}
