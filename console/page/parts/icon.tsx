import tools from 'heroicons/20/solid/adjustments-horizontal.svg';
import down from 'heroicons/20/solid/arrow-down.svg';
import up from 'heroicons/20/solid/arrow-up.svg';
import alarm from 'heroicons/20/solid/bell-alert.svg';
import check from 'heroicons/20/solid/check-circle.svg';
import warning from 'heroicons/20/solid/exclamation-triangle.svg';
import live from 'heroicons/20/solid/forward.svg';
import search from 'heroicons/20/solid/magnifying-glass.svg';
import moon from 'heroicons/20/solid/moon.svg';
import pause from 'heroicons/20/solid/pause.svg';
import play from 'heroicons/20/solid/play.svg';
import sun from 'heroicons/20/solid/sun.svg';
import close from 'heroicons/20/solid/x-mark.svg';

const ICONS = { alarm, check, close, down, live, moon, pause, play, search, sun, tools, up, warning };

/** A drawing beside a text that says the same. */
export function Icon({ name }: { readonly name: keyof typeof ICONS }) {
  return <span class="icon" aria-hidden="true" dangerouslySetInnerHTML={{ __html: ICONS[name] }} />;
}
