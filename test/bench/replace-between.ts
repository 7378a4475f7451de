/** Replaces what is between `<!-- NAME -->` and `<!-- /NAME -->` in a text. @throws Error without these. */
export function replaceBetween(text: string, name: string, report: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [begin, end] = [text.indexOf(open), text.indexOf(close)];
  if (begin < 0 || end < begin) throw new Error(`the file has no ${open} … ${close}`);
  return `${text.slice(0, begin)}${open}\n\n${report}\n\n${text.slice(end)}`;
}
