import { readdirSync, readFileSync } from 'node:fs';

/** A block of code in a page of the documentation: ```` ```LANGUAGE PATH ````. */
type Block = {
  readonly file: string;
  readonly language: string;
  readonly path: string;
  readonly text: string;
};

/** The page whose blocks are one project, which has this one as a package. */
export const PACKAGE_PAGE = 'docs/guide/package.md';

/** Every page but the generated reference. */
export const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']
  .concat(
    ['docs', 'docs/guide', 'docs/decisions'].flatMap((at) => readdirSync(at).map((name) => `${at}/${name}`)),
  )
  .filter((name) => name.endsWith('.md'));
/** All there are, page by page. */
export const blocks = pages.flatMap((file): Block[] =>
  [...readFileSync(file, 'utf8').matchAll(/^```(\w*) ?(\S*)\n(.*?)^```$/gms)].map(
    ([, language = '', path = '', text = '']) => ({ file, language, path, text }),
  ),
);
