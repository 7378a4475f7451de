import type { HealthReport } from '../shared/core/pool/health-check.ts';
import { loadHandler } from './handler.ts';

/** Run as a process of its own: loads a handler as an agent does, and says what's wrong with it. */
const [path = ''] = process.argv.slice(2);
try {
  await loadHandler(path, process.cwd());
  console.log('loaded' satisfies HealthReport);
  // A handler may have opened connections when it was loaded.
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
