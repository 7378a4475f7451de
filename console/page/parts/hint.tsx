import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** One sentence that explains a lane, until it's dismissed. */
export function Hint({ id, children }: { readonly id: string; readonly children: string }) {
  const key = `hint-${id}`;
  const [isShown, setIsShown] = useState(() => localStorage.getItem(key) === null);
  if (!isShown) return null;
  return (
    <p class="hint">
      {children}{' '}
      <button
        type="button"
        class="bare"
        aria-label={`Hide the hint: ${children}`}
        onClick={() => {
          localStorage.setItem(key, 'hidden');
          setIsShown(false);
        }}
      >
        <Icon name="close" />
      </button>
    </p>
  );
}
