import type { Peer } from '../backtest/scaler.ts';
import { constant } from './constant.ts';
import { keda } from './keda.ts';
import { knative } from './knative.ts';
import { oneStep } from './one-step.ts';
import { oracle } from './oracle.ts';
import { stepScaling } from './step-scaling.ts';
import { targetTracking } from './target-tracking.ts';

/** Other ways of scaling, as they are documented. The oracle is not one of them: it is the bound. */
export const PEERS: readonly Peer[] = [oneStep, keda, targetTracking, stepScaling, knative, constant, oracle];
