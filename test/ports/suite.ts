import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { PLACES, type Place, type Services } from './places.ts';

/** One contract, in every place; `place()` is a pool of its own for each test. */
export function contract(what: string, suite: (place: () => Place) => void): void {
  describe.each(PLACES)(`${what} in %s`, (_name, start) => {
    let services: Services;
    let place: Place;
    beforeAll(async () => {
      services = await start();
    });
    afterAll(() => services.close());
    beforeEach(async () => {
      place = await services.open();
    });
    suite(() => place);
  });
}
