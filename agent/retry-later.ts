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

  /** @throws RangeError unless `afterSeconds` is a number from 0 to 39,600, the longest that a message can wait. */
  constructor({ afterSeconds, reason }: { readonly afterSeconds: number; readonly reason?: string }) {
    super(reason ?? `try again in ${afterSeconds} s`);
    if (!(afterSeconds >= 0 && afterSeconds <= 39_600))
      throw new RangeError(`afterSeconds must be 0 to 39,600, not ${afterSeconds}`);
    this.afterSeconds = afterSeconds;
  }
}

/** In how many seconds what was thrown may be tried again; undefined for a failure. */
export function retryAfter(thrown: unknown, depth: number = DEPTH): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth === 0) return undefined;
  const error = thrown as Thrown;
  // By name, since the handler's module may have loaded another copy of the class.
  if (error.name === 'RetryLater' && typeof error.afterSeconds === 'number') return error.afterSeconds;
  const status =
    error.status ?? error.statusCode ?? error.response?.status ?? error.$metadata?.httpStatusCode;
  const isNotNow =
    NOT_NOW.includes(Number(status)) || (typeof error.name === 'string' && NOT_NOW_NAMES.test(error.name));
  if (isNotNow) return secondsOf(headersOf(error)) ?? DEFAULT_SECONDS;
  return retryAfter(error.cause, depth - 1) ?? retryAfter(error.lastError, depth - 1);
}

/** What OpenAI's, Anthropic's, Google's and the AI SDK's errors, axios, fetch wrappers and the AWS SDK have in common. */
type Thrown = {
  readonly name?: unknown;
  readonly afterSeconds?: unknown;
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
