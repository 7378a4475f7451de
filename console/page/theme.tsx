import { useEffect, useState } from 'preact/hooks';
import { Icon } from './parts/icon.tsx';

type Theme = 'light' | 'dark';

/** Sent to the window when colors have changed: what is drawn on a canvas is drawn again. */
export const THEME_CHANGED = 'themechange';

/** Switches the theme. Default: the system's. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(chosen);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    dispatchEvent(new Event(THEME_CHANGED));
  }, [theme]);
  const other: Theme = theme === 'light' ? 'dark' : 'light';
  return (
    <button
      type="button"
      class="bare"
      aria-label={`${other} theme`}
      title={`${other} theme`}
      onClick={() => {
        localStorage.setItem('theme', other);
        setTheme(other);
      }}
    >
      <Icon name={other === 'dark' ? 'moon' : 'sun'} />
    </button>
  );
}

function chosen(): Theme {
  const stored = localStorage.getItem('theme');
  if (stored === 'light' || stored === 'dark') return stored;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
