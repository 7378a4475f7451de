/** How far errors are unwrapped: SDKs and frameworks put the one that says when to try again into another. */
const DEPTH = 4;
/** When an error says "not now", but not when. */
const DEFAULT_SECONDS = 5;
/** Too many requests; overloaded (Anthropic). */
const NOT_NOW = [429, 529];
/** Errors of AWS, such as Bedrock's, have names instead. */
const NOT_NOW_NAMES =
  /^(Throttling|ThrottlingException|TooManyRequestsException|ModelNotReadyException|ServiceQuotaExceededException)$/;

/**
 * Thrown by a handler whose task can't run now: its model is busy, a file isn't there yet. The task is put off without
 * using up an attempt, and the agent is free meanwhile. Errors of the usual SDKs that say so are taken for one.
 * @public
 */
export class RetryLater extends Error {
  override name = 'RetryLater';
  /** Seconds until the task may be tried again. */
  readonly afterSeconds: number;
  /** The limit of the pool that is closed until then, for all its agents. */
  readonly limit?: string;

  /** @throws RangeError unless `afterSeconds` is a number from 0 to 39,600, the longest that a message can wait. */
  constructor({
    afterSeconds,
    limit,
    reason,
  }: { readonly afterSeconds: number; readonly limit?: string; readonly reason?: string }) {
    super(reason ?? `try again in ${afterSeconds} s`);
    if (!(afterSeconds >= 0 && afterSeconds <= 39_600))
      throw new RangeError(`afterSeconds must be 0 to 39,600, not ${afterSeconds}`);
    this.afterSeconds = afterSeconds;
    if (limit !== undefined) this.limit = limit;
  }
}

/** Thrown by `acquire`: the call wouldn't have its turn for too long. Nobody was refused, so it closes nothing. */
export class LimitReached extends RetryLater {
  override name = 'LimitReached';
}

/** What was thrown says "not now": in how many seconds to try again, and which limit of the pool is closed until then. */
export type NotNow = { readonly afterSeconds: number; readonly closes: ClosedLimit };

export type ClosedLimit =
  | { readonly kind: 'none' }
  /** None: the line for it is full, and the service has refused nobody. */
  | { readonly kind: 'full' }
  | { readonly kind: 'named'; readonly limit: string }
  /** A service refused, and its error doesn't name a limit: the pool's only one, if it has just one. */
  | { readonly kind: 'only one' };

/** Undefined for a failure. */
export function notNow(thrown: unknown, depth: number = DEPTH): NotNow | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth === 0) return undefined;
  const error = thrown as Thrown;
  const { afterSeconds, limit } = error;
  // By name, since the handler's module may have loaded another copy of the class.
  if (error.name === 'LimitReached' && typeof afterSeconds === 'number')
    return { afterSeconds, closes: { kind: 'full' } };
  if (error.name === 'RetryLater' && typeof afterSeconds === 'number')
    return { afterSeconds, closes: typeof limit === 'string' ? { kind: 'named', limit } : { kind: 'none' } };
  const status =
    error.status ?? error.statusCode ?? error.response?.status ?? error.$metadata?.httpStatusCode;
  const isNotNow =
    NOT_NOW.includes(Number(status)) || (typeof error.name === 'string' && NOT_NOW_NAMES.test(error.name));
  if (isNotNow)
    return { afterSeconds: secondsOf(headersOf(error)) ?? DEFAULT_SECONDS, closes: { kind: 'only one' } };
  return notNow(error.cause, depth - 1) ?? notNow(error.lastError, depth - 1);
}

/** What OpenAI's, Anthropic's, Google's and the AI SDK's errors, axios, fetch wrappers and the AWS SDK have in common. */
type Thrown = {
  readonly name?: unknown;
  readonly afterSeconds?: unknown;
  readonly limit?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly responseHeaders?: unknown;
  readonly response?: { readonly status?: unknown; readonly headers?: unknown };
  readonly $response?: { readonly headers?: unknown };
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly cause?: unknown;
  readonly lastError?: unknown;
};

function headersOf({ headers, responseHeaders, response, $response }: Thrown): unknown {
  return headers ?? responseHeaders ?? response?.headers ?? $response?.headers;
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3). Undefined: neither is readable. */
function secondsOf(headers: unknown): number | undefined {
  const ms = Number(header(headers, 'retry-after-ms') ?? Number.NaN);
  if (ms >= 0) return ms / 1000;
  const after = header(headers, 'retry-after');
  if (after === undefined) return undefined;
  const seconds = Number(after);
  if (seconds >= 0) return seconds;
  const at = Date.parse(after);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

function header(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined || found === null ? undefined : String(found);
}
