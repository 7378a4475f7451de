import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Calls `onLine` for every new line of the `.log` files in a directory, with the name of the file. */
export function tailLogs(directory: string, onLine: (line: string, file: string) => void) {
  const files = new Map<string, { at: number; rest: string }>();
  let reading: Promise<void> | undefined;

  /** Reads new lines. */
  async function read(): Promise<void> {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.log'));
    for (const name of names) await readFile(join(directory, name));
  }

  async function readFile(file: string): Promise<void> {
    const state = files.get(file) ?? { at: 0, rest: '' };
    files.set(file, state);
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size <= state.at) return;
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(size - state.at),
        0,
        size - state.at,
        state.at,
      );
      state.at += bytesRead;
      const lines = (state.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      state.rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, basename(file, '.log'));
    } finally {
      await handle.close();
    }
  }

  return {
    async read(): Promise<void> {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      await reading;
    },
  };
}
