/** An error of the ECS API: one of its codes, returned with HTTP status 400. */
export class EcsError extends Error {
  override name = 'EcsError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
