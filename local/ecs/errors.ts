/** An error as ECS answers it: with one of its codes and the HTTP status 400. */
export class EcsError extends Error {
  override name = 'EcsError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
