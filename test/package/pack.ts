import { run } from './run.ts';

/** Packs this project, or the package in another of its folders. */
export async function pack(
  into: string,
  folder: readonly string[] = [],
): Promise<{ readonly filename: string; readonly files: readonly { readonly path: string }[] }> {
  const args = ['pack', ...folder, '--json', '--pack-destination', into];
  const listed = JSON.parse(await run(process.cwd(), 'npm', args)) as object;
  // Before version 11, npm printed an array of packages; since then, an object with their names as keys.
  const [packed] = Object.values(listed) as [Awaited<ReturnType<typeof pack>>];
  return packed;
}
