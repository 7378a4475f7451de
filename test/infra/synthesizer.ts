import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { PoolInput } from '../../shared/core/pool/config.ts';

/**
 * A process that synthesizes for all test files: it answers a POST of pools with their template. To load CDK takes
 * several times as long as to synthesize.
 */
const server = createServer(async (request, response) => {
  const { stackOf } = await import('./synthesize.ts');
  const { app, stack } = stackOf((await json(request)) as PoolInput[]);
  response.end(JSON.stringify(app.synth().getStackByName(stack.stackName).template));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// Ends with the process that started it.
process.on('disconnect', () => process.exit());
