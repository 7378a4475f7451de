import type { Peer } from '../backtest/scaler.ts';
import { constant } from './constant.ts';
import { keda } from './keda.ts';
import { knative } from './knative.ts';
import { oneStep } from './one-step.ts';
import { oracle } from './oracle.ts';
import { stepScaling } from './step-scaling.ts';
import { targetTracking, targetTracking20s } from './target-tracking.ts';
import { temporal } from './temporal.ts';

/** Other ways of scaling, as they are documented, and two bounds. */
export const PEERS: readonly Peer[] = [
  oneStep,
  keda,
  knative,
  temporal,
  targetTracking,
  targetTracking20s,
  stepScaling,
  constant,
  oracle,
];
