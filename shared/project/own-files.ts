import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Extension of modules. Packages contain JavaScript, because Node doesn't strip types in `node_modules`. */
const EXTENSION = extname(import.meta.filename);
const OWN = fileURLToPath(new URL('../..', import.meta.url));

/** Whether this project is installed as a package of another one. */
export const isPackage = EXTENSION === '.js';

/**
 * The root of the user's files (handlers, `pools.config.ts`): this project, or the one that installed it as a package.
 */
export const projectRoot = isPackage ? process.cwd() : OWN;

/** The version in the package file, which lies beside the modules, or above them in a package. */
export function ownVersion(): string {
  const file = [join(OWN, 'package.json'), join(OWN, '..', 'package.json')].find(existsSync) ?? '';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The absolute path of a file that's no module, such as `templates/plain.ts`. */
export function ownFile(path: string): string {
  return join(OWN, path);
}

/** The absolute path of a module that's run by name, such as `agent/main`. */
export function ownModule(path: string): string {
  return join(OWN, `${path}${EXTENSION}`);
}
