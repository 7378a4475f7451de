/**
 * How many cases a property gets: a tenth of them in `npm test`, all of them in `npm run test:slow`, whose
 * configuration sets this variable.
 */
const share = process.env['AGENTPOOL_TEST_CASES'] === 'all' ? 1 : 0.1;

export function cases(all: number): number {
  return Math.ceil(all * share);
}
