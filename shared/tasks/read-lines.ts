import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** The non-empty lines of a text file, decompressed if its name ends in `.gz`. @throws Error naming the file. */
export async function readLines(file: string): Promise<string[]> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read: ${error.code === 'ENOENT' ? 'no such file' : error.message}`);
  });
  const text = file.endsWith('.gz') ? gunzipSync(content).toString() : content.toString();
  return text.split(/\r?\n/).filter((line) => line !== '');
}
