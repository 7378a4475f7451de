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

/** The pages with an agent in a framework, by the template that it is. */
export const FRAMEWORK_PAGES = {
  'ai-sdk': 'docs/guide/ai-sdk.md',
  'openai-agents': 'docs/guide/openai-agents.md',
  strands: 'docs/guide/strands.md',
} as const;

/** Blocks in a language, except those that `test/package/` runs: they belong to projects with this one as a package. */
export const blocksIn = (language: string) =>
  blocks.filter(
    ({ file, ...block }) =>
      block.language === language &&
      file !== PACKAGE_PAGE &&
      !(Object.values(FRAMEWORK_PAGES) as string[]).includes(file),
  );

/** Commands that run elsewhere: they never end, change an account, or are the tests themselves. */
export const RUN_BY: readonly (readonly [RegExp, string])[] = [
  [/^npx agentpool (local|console)/, 'test/browser/console.story.ts'],
  [/^npx agentpool advise/, 'test/emulated/advise.test.ts'],
  [/^npx agentpool check$/, 'test/deploy/stack.story.ts'],
  [/^npx cdk (bootstrap|deploy|destroy|diff)/, 'test/deploy/stack.story.ts'],
  [/^npx agentpool backtest .*--open/, 'test/browser/backtest.story.ts'],
  [/^npm start$/, 'test/browser/console.story.ts'],
  [/^(npm test|npm run [\w:]+.*|\.ci\/run)$/, '.ci/run'],
  [/^(npm ci|git (pull|checkout \w+) && npm ci)$/, '.ci/run'],
  [/^aws /, 'docs/deploy.md'],
];

/** Every command of a shell block. */
export const commands = blocksIn('sh').flatMap(({ file, text }) =>
  text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => ({ file, command: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ command }) => command !== ''),
);

/** Those that no one else runs: all of the command line. */
export const ownCommands = commands.filter(({ command }) => !RUN_BY.some(([known]) => known.test(command)));
