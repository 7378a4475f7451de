import stringWidth from 'string-width';
import { styled } from './result.ts';

const GAP = '  ';
/** A column isn't shortened to less than that: enough of an ID to name what it stands for. */
const SHORTEST = 8;

type Cell = string | number | undefined;

/**
 * Rows in columns, numbers to the right. Where a row is wider than `width` characters, the widest columns of text are
 * shortened, but no number and no time. `Infinity`: nothing is.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
): (width: number) => string {
  const cells = rows.map((row) => header.map((_, column) => oneLine(row[column])));
  const isRight = header.map((_, column) => rows.length > 0 && cells.every((row) => isNumeric(row[column])));
  const isWhole = header.map(
    (_, column) => isRight[column] === true || cells.some((row) => isTime(row[column])),
  );
  const natural = header.map((title, column) =>
    Math.max(...[title, ...cells.map((row) => row[column] ?? '')].map((text) => stringWidth(text))),
  );
  return (width) => {
    const widths = fitted(natural, isWhole, width - GAP.length * (header.length - 1));
    const line = (row: readonly string[]) =>
      row
        .map((text, column) =>
          aligned(shortened(text, widths[column] ?? 0), widths[column] ?? 0, isRight[column]),
        )
        .join(GAP)
        .trimEnd();
    return [styled('bold', line(header)), ...cells.map(line)].join('\n');
  };
}

/** Takes from the widest columns of text first, so that narrow ones stay as they are. */
function fitted(natural: readonly number[], isWhole: readonly boolean[], available: number): number[] {
  const widths = [...natural];
  const excess = () => widths.reduce((sum, width) => sum + width, 0) - available;
  while (excess() > 0) {
    const widest = widths.reduce(
      (best, width, column) => (!isWhole[column] && width > (widths[best] ?? 0) ? column : best),
      isWhole.indexOf(false),
    );
    if (widest < 0 || (widths[widest] ?? 0) <= SHORTEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Text of at most `width` columns, with a sign that something is missing. */
export function shortened(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const characters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  while (characters.length > 0 && stringWidth(characters.join('')) > width - 1) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

function aligned(text: string, width: number, isRight = false): string {
  const padding = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isRight ? padding + text : text + padding;
}

function oneLine(cell: Cell): string {
  return String(cell ?? '').replaceAll(/\s*\n\s*/g, ' ');
}

function isTime(text = ''): boolean {
  return /^\d{4}-\d{2}-\d{2}T/.test(text);
}

function isNumeric(text = ''): boolean {
  return text === '' || /^[-\d.,]+( ?[%a-zA-Z]{1,3})?$/.test(text);
}
