import { ConfigError, type PoolConfig, parsePools } from './config.ts';

/**
 * What of a pool an operator may set without a deployment: bounds and what policies and guards go by. The rest is part of
 * what is deployed, and agents go by it too.
 */
const SETTABLE = [
  'min',
  'max',
  'utilization',
  'policies',
  'scaleInStabilizationSeconds',
  'warmFloor',
  'schedule',
  'scaleOutLimit',
  'scaleInLimit',
  'budget',
] as const satisfies readonly (keyof PoolConfig)[];

/** Values in place of those that were deployed, by field of the pool's configuration. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** What an operator has set. It lies beside the state and is never written by the scaler. */
export type Settings = { readonly values: SettingValues; readonly by: string; readonly atMs: number };

/** The configuration that a pool goes by. */
export type Effective =
  | { readonly kind: 'as-deployed'; readonly config: PoolConfig }
  | { readonly kind: 'set'; readonly config: PoolConfig; readonly settings: Settings }
  /** Not possible any more with what has been deployed since: as deployed. */
  | { readonly kind: 'impossible'; readonly config: PoolConfig; readonly reason: string };

/** The configuration with an operator's settings in it, if they are possible. */
export function effectiveConfig(deployed: PoolConfig, settings: Settings | undefined): Effective {
  if (settings === undefined) return { kind: 'as-deployed', config: deployed };
  try {
    return { kind: 'set', config: withSettings(deployed, settings.values), settings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'impossible', config: deployed, reason: error.message };
  }
}

/**
 * The configuration with these values in it. Parts of a field may be set alone, the others stay as deployed.
 * @throws ConfigError naming, for each wrong value, what was given and what is allowed.
 */
export function withSettings(deployed: PoolConfig, values: SettingValues): PoolConfig {
  const fixed = Object.keys(values).filter((field) => !(SETTABLE as readonly string[]).includes(field));
  if (fixed.length > 0) {
    throw new ConfigError(
      `pool "${deployed.name}": ${fixed.join(', ')} cannot be set, only deployed; to be set are ${SETTABLE.join(', ')}`,
    );
  }
  const given: Readonly<Record<string, unknown>> = deployed;
  const set = Object.entries(values).map(([field, value]) => [field, merged(given[field], value)] as const);
  const [config] = parsePools([{ ...deployed, ...Object.fromEntries(set) }], 'the settings');
  return config as PoolConfig;
}

function merged(deployed: unknown, value: unknown): unknown {
  return isObject(deployed) && isObject(value) ? { ...deployed, ...value } : value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
