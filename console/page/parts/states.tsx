import type { ComponentChildren } from 'preact';
import type { Loaded } from '../load.ts';
import { Icon } from './icon.tsx';

/** Nothing to show, with what to do next. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Failure({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="failure" role="alert">
      <Icon name="warning" /> <span>{children}</span>
    </p>
  );
}

/** What was loaded, that it's being loaded, or why it wasn't. */
export function Whole<T>({
  loaded,
  what,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}) {
  switch (loaded.kind) {
    case 'loading':
      return <p class="loading">Loading {what}…</p>;
    case 'failed':
      return (
        <Failure>
          {what} can't be read: {loaded.reason}
        </Failure>
      );
    case 'loaded':
      return <>{children(loaded.value)}</>;
    default:
      return loaded satisfies never;
  }
}
