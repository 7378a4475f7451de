import { loadHandler } from '../../agent/handler.ts';
import { LOADED } from './loaded.ts';

/** Run as a process: loads a handler as an agent does, in its environment, and says what's wrong with it. */
const [path = ''] = process.argv.slice(2);
try {
  await loadHandler(path, process.cwd());
  console.log(LOADED);
  // A handler may have opened connections when it was loaded.
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
