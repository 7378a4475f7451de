/** What the AWS SDK says of a call that failed. */
type AwsError = {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly attempts?: unknown };
};

/** Statuses and names by which AWS says that the same call may work later. */
const LATER_STATUSES = [408, 429];
const LATER_NAMES = /throttl|too ?many|limitexceeded|throughputexceeded|slowdown|timeout|expiredtoken/i;

/** Names by which AWS refuses the caller or the place, not the content. */
const ELSEWHERE_NAMES =
  /access|authoriz|client|signature|token|notfound|nonexistent|doesnotexist|kms|notinflight|handle/i;

/** A FIFO queue says so under the name InvalidParameterValue, once the visibility timeout of a delivery is over. */
export const EXPIRED_HANDLE = /receipt handle has expired/i;

/** Whether AWS refused what a call said, and always would: an item too large, a character that's not allowed. */
export function isUnacceptable(error: unknown): boolean {
  const { name, message, $metadata } = (error ?? {}) as AwsError;
  const status = Number($metadata?.httpStatusCode);
  return (
    isRefusal(error) &&
    (status === 400 || status === 413) &&
    !ELSEWHERE_NAMES.test(String(name)) &&
    !EXPIRED_HANDLE.test(String(message))
  );
}

/**
 * Whether AWS refused a call, so that it certainly had no effect and would be refused again. Anything else is an outage
 * or an answer that got lost: the call may have been carried out. If the SDK tried it several times, an earlier try may
 * have been, whatever the last one said.
 */
export function isRefusal(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as AwsError;
  const status = Number($metadata?.httpStatusCode);
  const isOnly = ($metadata?.attempts ?? 1) === 1;
  return (
    isOnly &&
    status >= 400 &&
    status < 500 &&
    !LATER_STATUSES.includes(status) &&
    !LATER_NAMES.test(String(name))
  );
}
