import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of modules: a package has JavaScript where the project has TypeScript, since Node strips no types of packages. */
const EXTENSION = extname(import.meta.filename);
const OWN = fileURLToPath(new URL('../..', import.meta.url));

/** True where another project has this one as a package. */
export const isPackage = EXTENSION === '.js';

/** Where handlers, `pools.config.ts` and all else that is its user's lies: this project, or the one that has it as a package. */
export const projectRoot = isPackage ? process.cwd() : OWN;

/** The file of a module that is run by its name, such as `agent/main`: absolute. */
export function ownModule(path: string): string {
  return join(OWN, `${path}${EXTENSION}`);
}
