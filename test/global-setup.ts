import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestProject } from 'vitest/node';

/** Starts the process that synthesizes for the test files, which loads CDK when the first of them asks. */
export default async function setup(project: TestProject): Promise<() => void> {
  const child = fork(new URL('./infra/synthesizer.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [port] = (await once(child, 'message')) as [number];
  project.provide('synthesizer', `http://127.0.0.1:${port}`);
  return () => void child.kill();
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where a template is to be had for pools that are posted. */
    readonly synthesizer: string;
  }
}
