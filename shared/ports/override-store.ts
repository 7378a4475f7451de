import type { Override, Overrides } from '../core/pool/overrides.ts';

/** One pool's operator overrides, and their history. */
export type OverrideStore = {
  /** The overrides in force now. */
  read(): Promise<Overrides>;
  /**
   * Records an override for a year, then puts it in force from the pool's next tick on. False: another operator has
   * changed the settings since `before` was read, and this override isn't in force.
   */
  put(override: Override, before: Overrides): Promise<boolean>;
  /** Recorded overrides, latest first. Those of a version with another shape are left out. */
  latest(count: number): Promise<readonly Override[]>;
};
