/**
 * The limits of the services behind the agents, shared by every agent of every pool. Each is a timeline, used up to
 * `freeAtMs`. A lease takes the next stretch of it, so leases stand in line, each knows its turn in advance, and all
 * together never get more than the limit gives, whatever their clocks say.
 */
export type LimitStore = {
  /**
   * Leases the next `ms` of a limit's time, if they start `atMostAheadMs` from now at the latest. Repeated after a lost
   * response, it leases twice. The first lease is then never used: the limit gives somewhat less for that long.
   */
  reserve(name: string, lease: LeaseRequest): Promise<Reservation>;
  /** Closes a limit until a time, unless it's closed for longer. Leases up to then stay with their holders. */
  close(name: string, untilMs: number): Promise<void>;
  /** The limits that were ever used, by name. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, LimitState>>;
};

export type LeaseRequest = {
  readonly ms: number;
  readonly nowMs: number;
  /**
   * How long the line may be. It bounds every wait, and for how long agents that died with their leases can hold up
   * the others.
   */
  readonly atMostAheadMs: number;
};

export type Reservation =
  | { readonly kind: 'reserved'; readonly startsAtMs: number }
  /** Nothing was leased. The line ends at `freeAtMs`, and there's room in it again at `againAtMs`. */
  | { readonly kind: 'full'; readonly againAtMs: number; readonly freeAtMs: number };

export type LimitState = {
  /** Up to when the limit's time is leased. */
  readonly freeAtMs: number;
  /** Until when the service refused its agents, if it ever did. May be over. */
  readonly closedUntilMs?: number;
};

/** There's room in line again once the line is short enough, and not while the limit is closed. */
export function fullLine({ freeAtMs, closedUntilMs = 0 }: LimitState, atMostAheadMs: number): Reservation {
  return { kind: 'full', againAtMs: Math.max(freeAtMs - atMostAheadMs, closedUntilMs), freeAtMs };
}
