import { ConfigError, type PoolConfig, parsePools } from '../core/pool/config.ts';
import type { Override, Overrides } from '../core/pool/overrides.ts';
import { type SettingValues, withSettings } from '../core/pool/settings.ts';
import { AUTOMATIC, type Mode } from '../core/pool/state.ts';
import { type DecisionLog, lastDecision } from '../ports/decision-log.ts';
import type { OverrideStore } from '../ports/override-store.ts';

/** What an operator wants of a pool. A change of settings gets those in force. */
export type Wanted =
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'pin'; readonly desired: number }
  | { readonly kind: 'settings'; readonly change: (values: SettingValues) => SettingValues };

type Ports = {
  readonly pool: { readonly name: string };
  readonly overrides: Pick<OverrideStore, 'read' | 'put'>;
  readonly decisions: Pick<DecisionLog, 'read'>;
};

/**
 * Puts an operator's override in force from the pool's next tick on, and returns the overrides in force.
 * @throws ConfigError if it's impossible for the pool.
 * @throws Error if the scaler hasn't ticked the pool yet, or another operator has changed the overrides meanwhile.
 */
export async function overridePool(
  { pool, overrides, decisions }: Ports,
  wanted: Wanted,
  by: string,
): Promise<Overrides> {
  const deployed = await deployedConfig(decisions, pool.name);
  const before = await overrides.read();
  const atMs = Date.now();
  if (!(await overrides.put(overrideOf(wanted, { before, deployed, by, atMs }), before))) {
    throw new Error(
      'someone else changed the overrides in the meantime, and nothing was changed: check agentpool overrides, then retry',
    );
  }
  return overrides.read();
}

type Situation = {
  readonly before: Overrides;
  readonly deployed: PoolConfig;
  readonly by: string;
  readonly atMs: number;
};

function overrideOf(wanted: Wanted, { before, deployed, by, atMs }: Situation): Override {
  const values = before.settings?.values ?? {};
  if (wanted.kind === 'settings') {
    const changed = wanted.change(values);
    withSettings(deployed, changed);
    return { kind: 'settings', by, atMs, values: changed };
  }
  return { kind: 'mode', by, atMs, mode: modeOf(wanted, withSettings(deployed, values), { by, atMs }) };
}

function modeOf(
  wanted: Exclude<Wanted, { kind: 'settings' }>,
  config: PoolConfig,
  author: { readonly by: string; readonly atMs: number },
): Mode {
  switch (wanted.kind) {
    case 'pause':
      return { kind: 'paused', ...author };
    case 'resume':
      return AUTOMATIC;
    case 'pin':
      return { kind: 'pinned', desired: checkedCount(wanted.desired, config), ...author };
    default:
      return wanted satisfies never;
  }
}

/** The pool's deployed configuration, without overrides, from its last decision. */
async function deployedConfig(decisions: Pick<DecisionLog, 'read'>, pool: string): Promise<PoolConfig> {
  const last = await lastDecision(decisions);
  if (last?.kind !== 'decision') {
    const why =
      last === undefined ? `hasn't ticked pool "${pool}" yet` : 'is of another version than this command';
    throw new Error(`the scaler ${why}: retry in a minute`);
  }
  const { deployed, config: inForce } = last.record;
  const [config] = parsePools([deployed ?? inForce], 'the deployed configuration');
  return config as PoolConfig;
}

function checkedCount(count: number, { min, max }: PoolConfig): number {
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new ConfigError(
    `invalid value ${count}: expected a whole number of agents from min to max (${min} to ${max})`,
  );
}
