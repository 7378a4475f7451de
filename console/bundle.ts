import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = new URL('./page/', import.meta.url);

/** Bundles the page and returns its files by path. The page loads nothing from elsewhere. */
export async function bundlePage(): Promise<
  ReadonlyMap<string, { readonly type: string; readonly content: string }>
> {
  const [html, built] = await Promise.all([
    readFile(new URL('index.html', PAGE), 'utf8'),
    build({
      entryPoints: [fileURLToPath(new URL('main.tsx', PAGE))],
      bundle: true,
      minify: true,
      write: false,
      outdir: '/',
      format: 'esm',
      target: 'es2023',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.css': 'css', '.svg': 'text' },
      logLevel: 'silent',
    }),
  ]);
  const text = (end: string) => built.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', content: html }],
    ['/main.js', { type: 'text/javascript', content: text('.js') }],
    ['/main.css', { type: 'text/css', content: text('.css') }],
  ]);
}
