import { autoUpdate, computePosition, flip, offset, shift, type VirtualElement } from '@floating-ui/dom';
import type { ComponentChildren } from 'preact';
import { createPortal } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';

type Props = { readonly children: ComponentChildren } & (
  | { readonly anchor: HTMLElement; readonly onClose: () => void; readonly at?: undefined }
  /** Follows the pointer, and takes no focus. */
  | { readonly at: { readonly x: number; readonly y: number }; readonly anchor?: undefined }
);

/** A small card beside an element or the pointer, within the window. */
export function Popover({ children, ...place }: Props) {
  const card = useRef<HTMLDivElement>(null);
  const anchor = place.anchor ?? virtual(place.at);
  useEffect(() => {
    const { current } = card;
    if (!current) return undefined;
    const move = () =>
      void computePosition(anchor, current, {
        strategy: 'fixed',
        placement: 'bottom-start',
        middleware: [offset(8), flip(), shift({ padding: 8 })],
      }).then(({ x, y }) => {
        current.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      });
    if (place.anchor === undefined) return void move();
    const { onClose } = place;
    const onOutside = ({ target }: Event) => {
      if (!current.contains(target as Node) && !place.anchor.contains(target as Node)) onClose();
    };
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') onClose();
    };
    document.addEventListener('pointerdown', onOutside);
    document.addEventListener('keydown', onKey);
    const stop = autoUpdate(anchor, current, move);
    return () => {
      stop();
      document.removeEventListener('pointerdown', onOutside);
      document.removeEventListener('keydown', onKey);
    };
  });
  const card_ = (
    <div ref={card} class={`popover${place.anchor ? '' : ' tip'}`} role={place.anchor ? 'group' : 'tooltip'}>
      {children}
    </div>
  );
  // Beside its button, so that Tab goes on into it; a tip is no part of the row that it covers.
  return place.anchor ? card_ : createPortal(card_, document.body);
}

function virtual({ x, y }: { readonly x: number; readonly y: number } = { x: 0, y: 0 }): VirtualElement {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}
