import { expect, test } from 'vitest';
import { isRefusal, isUnacceptable } from '../../shared/ports/refusal.ts';
import { AwsRefusal } from '../../sim/aws/limits.ts';

const aws = (name: string, httpStatusCode?: number, attempts = 1) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode, attempts } });

test.each([
  ['an item that is too large', aws('ValidationException', 400), true, true],
  ['a character that is not allowed', new AwsRefusal('InvalidMessageContents', 'no'), true, true],
  ['a body that is too large', aws('EntityTooLarge', 413), true, true],
  ['missing permission', aws('AccessDeniedException', 400), true, false],
  ['a table that is gone', aws('ResourceNotFoundException', 400), true, false],
  ['a message of another receiver', aws('MessageNotInflight', 400), true, false],
  [
    'a delivery of a FIFO queue whose visibility timeout is over',
    new AwsRefusal('InvalidParameterValue', 'Reason: The receipt handle has expired.'),
    true,
    false,
  ],
  ['a throttled call', aws('ThrottlingException', 400), false, false],
  ['a failed service', aws('InternalServerError', 500), false, false],
  ['a refusal after tries whose fate is unknown', aws('ValidationException', 400, 3), false, false],
  ['no answer', new Error('socket hang up'), false, false],
  ['nothing at all', undefined, false, false],
])('a call was refused, or its outcome is unknown: %s', (_case, error, refused, unacceptable) => {
  expect([isRefusal(error), isUnacceptable(error)]).toEqual([refused, unacceptable]);
});
