/** Something that must never be, or must be by now and is not. */
export class Violation extends Error {
  override name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}
