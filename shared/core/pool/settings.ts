import { ConfigError, type PoolConfig, parsePools } from './config.ts';

/**
 * The fields an operator may set without a deployment: the bounds and the inputs of policies and guards. The other
 * fields affect deployed resources and agents.
 */
export const SETTABLE = [
  'min',
  'max',
  'concurrency',
  'utilization',
  'policies',
  'scaleInStabilizationSeconds',
  'warmFloor',
  'schedule',
  'scaleOutLimit',
  'scaleInLimit',
  'budget',
] as const satisfies readonly (keyof PoolConfig)[];

/** Values that replace the deployed ones, by field of the pool's configuration. */
export type SettingValues = Readonly<Record<string, unknown>>;

/** An operator's settings. They're stored next to the pool's state; the scaler never writes them. */
export type Settings = { readonly values: SettingValues; readonly by: string; readonly atMs: number };

/** The configuration in effect for a pool. */
export type Effective =
  | { readonly kind: 'as-deployed'; readonly config: PoolConfig }
  | { readonly kind: 'set'; readonly config: PoolConfig; readonly settings: Settings }
  /** The settings are invalid with what has been deployed since: as deployed. */
  | { readonly kind: 'impossible'; readonly config: PoolConfig; readonly reason: string };

/** The deployed configuration with an operator's settings applied, if the result is valid. */
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
 * The deployed configuration with these values applied. If a value has only some of a field's parts, the others stay as
 * deployed.
 * @throws ConfigError with each invalid value and what's expected.
 */
export function withSettings(deployed: PoolConfig, values: SettingValues): PoolConfig {
  const fixed = Object.keys(values).filter((field) => !(SETTABLE as readonly string[]).includes(field));
  if (fixed.length > 0) {
    throw new ConfigError(
      `pool "${deployed.name}": ${fixed.join(', ')} cannot be set, only deployed (settable: ${SETTABLE.join(', ')})`,
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
