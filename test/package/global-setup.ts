import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack } from './pack.ts';

/** Packs both packages once: two stories at the same time would build them in the same folder. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'agentpool-packed-'));
  const whole = await pack(directory);
  const light = await pack(directory, ['./package/light']);
  provide('packed', {
    whole: join(directory, whole.filename),
    files: whole.files.map(({ path }) => path),
    light: join(directory, light.filename),
  });
  return () => rm(directory, { recursive: true });
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly packed: {
      /** The tarballs. */
      readonly whole: string;
      readonly light: string;
      /** The paths in the first one. */
      readonly files: readonly string[];
    };
  }
}
