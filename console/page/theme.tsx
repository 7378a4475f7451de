import { useEffect, useState } from 'preact/hooks';

type Theme = 'light' | 'dark';

/** Switches the theme. Default: the system's. */
export function ThemeButton({ onChange }: { readonly onChange: () => void }) {
  const [theme, setTheme] = useState<Theme>(chosen);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    onChange();
  }, [theme, onChange]);
  const other: Theme = theme === 'light' ? 'dark' : 'light';
  return (
    <button
      type="button"
      onClick={() => {
        localStorage.setItem('theme', other);
        setTheme(other);
      }}
    >
      {other} theme
    </button>
  );
}

function chosen(): Theme {
  const stored = localStorage.getItem('theme');
  if (stored === 'light' || stored === 'dark') return stored;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
