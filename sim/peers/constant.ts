import type { Peer } from '../backtest/scaler.ts';

/** A fleet that never changes; the setting is its size, chosen with hindsight. */
export const constant: Peer = {
  name: 'static',
  isBound: true,
  settings: 'smallest',
  begin: (size) => () => size,
};
