/** A bug that somebody could have written: in which file, what instead of what. */
export type Mutation = {
  readonly name: string;
  readonly file: string;
  readonly of: string;
  readonly to: string;
  /** A second line of defence, which has to fall too. */
  readonly and?: { readonly of: string; readonly to: string };
  /** Found quickly: `--short` plants these only. */
  readonly isQuick?: true;
};

/** The file's text with the bug in it. @throws Error when what is to be changed is not there, or there twice. */
export function plant({ name, file, and, ...first }: Mutation, text: string): string {
  return (and ? [first, and] : [first]).reduce((before, { of, to }) => {
    if (before.split(of).length !== 2) throw new Error(`${name}: ${file} must contain once: ${of}`);
    return before.replace(of, () => to);
  }, text);
}
