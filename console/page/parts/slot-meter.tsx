import type { SlotsView } from '../../../shared/views/pool-view.ts';

/** How much of a pool's room for tasks is used. */
export function SlotMeter({ slots: { used, total } }: { readonly slots: SlotsView }) {
  return (
    <meter
      class="slot-meter"
      min={0}
      max={Math.max(1, total)}
      value={used}
      aria-label="slots used"
      title={`${used} of ${total} slots used`}
    />
  );
}
