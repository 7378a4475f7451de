import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** A text behind a label, wrapped to the width of a terminal. Its further lines begin below its first. */
export function hanging(label: string, text: string, columns: number): string {
  const indent = ' '.repeat(stringWidth(label));
  // Some terminals begin another line after one that fills the last column.
  const width = Math.max(20, columns - indent.length - 1);
  return wrapAnsi(text, width, { hard: true })
    .split('\n')
    .map((each, index) => `${index === 0 ? label : indent}${each}`)
    .join('\n');
}
