/**
 * What AWS refuses, each with the text that says so. The simulated services and the layer in front of the local
 * emulators refuse by these same functions, so that what passes here does not fail there.
 */

/** A request that AWS refuses; `name` is its error code. */
export class AwsRefusal extends Error {
  /** As the SDK has it. */
  readonly $metadata = { httpStatusCode: 400, attempts: 1 };

  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

// --- DynamoDB --------------------------------------------------------------------------------------------------

/** "Numbers can have up to 38 digits of precision" and magnitude 1E-130 to 9.99E+125, or zero (Naming rules). */
const LEAST_NUMBER = 1e-130;
const LARGEST_NUMBER = 9.99e125;
/** "The maximum item size in DynamoDB is 400 KB", attribute names included (Quotas). */
const ITEM_BYTES = 400 * 1024;
/** "Nested attributes: up to 32 levels deep" (Quotas). */
const NESTED_LEVELS = 32;
/** BatchWriteItem: "as many as 25 put or delete requests". */
export const WRITE_BATCH = 25;

/** @throws AwsRefusal (ValidationException) when DynamoDB would not store the item. */
export function checkItem(item: object): void {
  const bytes = sizeOf(item, 0) - 3;
  if (bytes > ITEM_BYTES)
    throw new AwsRefusal('ValidationException', `Item size has exceeded the maximum allowed size: ${bytes}`);
}

/** "Item sizes and formats": UTF-8 bytes of names and texts, about a byte for two digits, 3 bytes for a list or a map. */
function sizeOf(value: unknown, level: number): number {
  if (level > NESTED_LEVELS)
    throw new AwsRefusal('ValidationException', 'Nesting Levels have exceeded supported limits');
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'number') return sizeOfNumber(value);
  if (typeof value === 'string') return utf8(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + 1 + sizeOf(each, level + 1), 3);
  if (typeof value === 'object') {
    return Object.entries(value).reduce(
      (sum, [name, part]) => (part === undefined ? sum : sum + 1 + utf8(name) + sizeOf(part, level + 1)),
      3,
    );
  }
  throw new AwsRefusal('ValidationException', `Unsupported type passed: ${typeof value}`);
}

function sizeOfNumber(value: number): number {
  if (!Number.isFinite(value))
    throw new AwsRefusal('ValidationException', `Special numeric value ${value} is not allowed`);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && magnitude < LEAST_NUMBER)
    throw new AwsRefusal(
      'ValidationException',
      `Number underflow. Attempting to store a number with magnitude smaller than supported range: ${value}`,
    );
  if (magnitude > LARGEST_NUMBER)
    throw new AwsRefusal(
      'ValidationException',
      `Number overflow. Attempting to store a number with magnitude larger than supported range: ${value}`,
    );
  // The SDK's marshaller refuses it before DynamoDB sees it (lib-dynamodb, `wrapNumbers`).
  if (magnitude > Number.MAX_SAFE_INTEGER)
    throw new AwsRefusal(
      'ValidationException',
      `Number ${value} is greater than Number.MAX_SAFE_INTEGER. Use options from wrapNumbers.`,
    );
  // A JavaScript number has at most 17 significant digits, so the limit of 38 is never reached.
  return 1 + Math.ceil(String(value).replace(/[^0-9]/g, '').length / 2);
}

// --- SQS -------------------------------------------------------------------------------------------------------

/** SendMessage: "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"; attributes alike. */
const REFUSED_CHARACTERS = /(?![\t\n\r\u007F-\u009F])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/u;
/** SendMessage, SendMessageBatch: "The maximum is 1,048,576 bytes (1 MiB)", attributes included, for all entries together. */
const MESSAGE_BYTES = 1_048_576;
/** SendMessageBatch: "You can use SendMessageBatch to send up to 10 messages". */
const BATCH = 10;
/** "A message can have up to 10 attributes". */
const ATTRIBUTES = 10;
/** MessageGroupId, MessageDeduplicationId: "up to 128 characters", alphanumeric and punctuation. */
const GROUP_ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;
/** ReceiveMessage: "WaitTimeSeconds … 0 to 20". */
const WAIT_SECONDS = 20;
/** "The maximum is 12 hours from the time you receive the message. Extending … doesn't reset this" (ChangeMessageVisibility). */
const VISIBILITY_SECONDS = 43_200;
/** "The deduplication interval: 5 minutes" (Exactly-once processing). */
export const DEDUPLICATION_MS = 5 * 60_000;
/** The counts "may not achieve consistency until at least 1 minute after the producers stop sending" (GetQueueAttributes). */
export const COUNTS_LAG_MS = 60_000;

export type SqsMessage = {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
};

/** @throws AwsRefusal when SQS would not take the message. */
export function checkMessage({ body, attributes = {}, groupId, deduplicationId }: SqsMessage): void {
  if (body === '')
    throw new AwsRefusal('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (REFUSED_CHARACTERS.test(body))
    throw new AwsRefusal(
      'InvalidMessageContents',
      'The message contains characters outside the allowed set.',
    );
  const named = Object.entries(attributes);
  if (named.length > ATTRIBUTES)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `Number of message attributes [${named.length}] exceeds the allowed maximum [10].`,
    );
  for (const [name, value] of named) {
    if (value === '')
      throw new AwsRefusal(
        'InvalidParameterValue',
        `Message (user) attribute '${name}' must contain a non-empty value`,
      );
    if (REFUSED_CHARACTERS.test(value))
      throw new AwsRefusal(
        'InvalidParameterValue',
        `Message (user) attribute '${name}' contains characters outside the allowed set`,
      );
  }
  for (const id of [groupId, deduplicationId]) {
    if (id !== undefined && !GROUP_ID.test(id))
      throw new AwsRefusal(
        'InvalidParameterValue',
        `Value ${id} is invalid: 1 to 128 alphanumeric or punctuation characters.`,
      );
  }
  const bytes = bytesOf({ body, attributes });
  if (bytes > MESSAGE_BYTES)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${MESSAGE_BYTES} bytes.`,
    );
}

/** @throws AwsRefusal when SQS would refuse a batch as a whole. */
export function checkBatch(messages: readonly SqsMessage[]): void {
  checkEntries(messages.length, 'SendMessageBatchRequestEntry');
  const bytes = messages.reduce((sum, message) => sum + bytesOf(message), 0);
  if (bytes > MESSAGE_BYTES)
    throw new AwsRefusal(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MESSAGE_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
}

/** @throws AwsRefusal when SQS would not hide a message for so long; `heldMs` is how long ago it was received. */
export function checkVisibility(seconds: number, heldMs: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > VISIBILITY_SECONDS)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and ${VISIBILITY_SECONDS}.`,
    );
  if (heldMs + 1000 * seconds > 1000 * VISIBILITY_SECONDS)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_SECONDS} seconds].`,
    );
}

/** "Errors: EmptyBatchRequest, TooManyEntriesInBatchRequest" (SendMessageBatch, ChangeMessageVisibilityBatch). */
export function checkEntries(count: number, entry: string): void {
  if (count === 0)
    throw new AwsRefusal('EmptyBatchRequest', `There should be at least one ${entry} in the request.`);
  if (count > BATCH)
    throw new AwsRefusal(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${BATCH}. You have sent ${count}.`,
    );
}

/** "MaxNumberOfMessages: Valid values: 1 to 10" (ReceiveMessage). */
export function checkReceived(atMost: number): void {
  if (!Number.isInteger(atMost) || atMost < 1 || atMost > BATCH)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `Value ${atMost} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and ${BATCH}, if provided.`,
    );
}

/** @throws AwsRefusal when SQS would not poll for so long. */
export function checkWait(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > WAIT_SECONDS)
    throw new AwsRefusal(
      'InvalidParameterValue',
      `Value ${seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= ${WAIT_SECONDS}.`,
    );
}

/** "Message size: body and attributes, with their names and types" (SQS quotas). */
function bytesOf({ body, attributes = {} }: SqsMessage): number {
  const ofAttribute = ([name, value]: readonly [string, string]) =>
    utf8(name) + 'String'.length + utf8(value);
  return utf8(body) + Object.entries(attributes).reduce((sum, each) => sum + ofAttribute(each), 0);
}

// --- S3 --------------------------------------------------------------------------------------------------------

/** "The object key name … at most 1,024 bytes long" (Naming Amazon S3 objects). */
const KEY_BYTES = 1_024;
/** @throws AwsRefusal when S3 would not take the key. */
export function checkObjectKey(key: string): void {
  if (key === '' || utf8(key) > KEY_BYTES) throw new AwsRefusal('KeyTooLongError', 'Your key is too long');
}

// --- ECS -------------------------------------------------------------------------------------------------------

/** "Tasks per service: 5,000" (Amazon ECS service quotas). */
export const TASKS_PER_SERVICE = 5_000;
/** @throws AwsRefusal when ECS would not take the desired count. */
export function checkDesiredCount(count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > TASKS_PER_SERVICE)
    throw new AwsRefusal(
      'InvalidParameterException',
      `Desired count ${count} is outside 0 to ${TASKS_PER_SERVICE}.`,
    );
}

function utf8(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
