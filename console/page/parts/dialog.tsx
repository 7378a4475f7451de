import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

type Props = {
  readonly title: string;
  /** The button that does it. */
  readonly confirm: string;
  readonly isDangerous?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
};

/** Asks before something that can't be taken back, or that others notice. */
export function Confirm({ title, confirm, isDangerous = false, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="confirm-title">
      <h2 id="confirm-title">{title}</h2>
      {children}
      <form method="dialog" class="buttons">
        <button type="submit">Cancel</button>
        <button type="submit" class={isDangerous ? 'danger' : 'primary'} onClick={onConfirm}>
          {confirm}
        </button>
      </form>
    </dialog>
  );
}
