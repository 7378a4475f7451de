/**
 * What may go wrong inside a simulated service. Faults are an option: without them a service does what AWS promises,
 * and no more.
 */
export type ServiceFault =
  | 'stale counts'
  | 'delivered twice'
  | 'stale service'
  | 'not placed'
  | 'never placed';

export type FaultSource = {
  /** Whether faults have ended for good. */
  readonly isOver: boolean;
  /** Whether this fault happens now; `probability` from 0 to 1. */
  strikes(fault: ServiceFault, probability: number): boolean;
};

export const NO_FAULTS: FaultSource = { isOver: true, strikes: () => false };
