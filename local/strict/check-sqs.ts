import * as z from 'zod';
import { AwsRefusal, checkMessage, checkReceived, checkVisibility, checkWait } from '../../sim/aws/limits.ts';

/** The result of checking a call to SQS: forwarded as it is, forwarded without some entries, or refused. */
export type Checked =
  | { readonly kind: 'passed' }
  | { readonly kind: 'reduced'; readonly input: object; readonly failed: readonly FailedEntry[] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

type FailedEntry = {
  readonly Id: string;
  readonly SenderFault: true;
  readonly Code: string;
  readonly Message: string;
};

const attributes = z
  .record(z.string(), z.object({ StringValue: z.string().optional() }))
  .default({})
  .transform((given) =>
    Object.fromEntries(
      Object.entries(given).flatMap(([name, { StringValue }]) =>
        StringValue === undefined ? [] : [[name, StringValue] as const],
      ),
    ),
  );
const message = z.object({
  MessageBody: z.string(),
  MessageAttributes: attributes,
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
});
const batch = z.object({ Entries: z.array(message.extend({ Id: z.string() }).loose()) }).loose();
const visibility = z.object({ VisibilityTimeout: z.number() });
const receive = z.object({
  VisibilityTimeout: z.number().default(30),
  WaitTimeSeconds: z.number().default(0),
  MaxNumberOfMessages: z.number().default(1),
});
const visibilities = z.object({ Entries: z.array(visibility.extend({ Id: z.string() })) }).loose();

/** Checks what the emulator doesn't: characters of groups and attributes, empty attributes, wait times and timeouts. */
export function checkSqsCall(operation: string, input: unknown): Checked {
  try {
    switch (operation) {
      case 'SendMessage':
        check(message.parse(input));
        return { kind: 'passed' };
      case 'SendMessageBatch':
        return checkEntries(batch.parse(input).Entries, input as Batch, check);
      case 'ChangeMessageVisibility':
        checkVisibility(visibility.parse(input).VisibilityTimeout, 0);
        return { kind: 'passed' };
      case 'ChangeMessageVisibilityBatch':
        return checkEntries(visibilities.parse(input).Entries, input as Batch, ({ VisibilityTimeout }) =>
          checkVisibility(VisibilityTimeout, 0),
        );
      case 'ReceiveMessage': {
        const { VisibilityTimeout, WaitTimeSeconds, MaxNumberOfMessages } = receive.parse(input);
        checkVisibility(VisibilityTimeout, 0);
        checkWait(WaitTimeSeconds);
        checkReceived(MaxNumberOfMessages);
        return { kind: 'passed' };
      }
      default:
        return { kind: 'passed' };
    }
  } catch (error) {
    if (error instanceof AwsRefusal) return { kind: 'refused', code: error.name, message: error.message };
    // Malformed input: the emulator's own error is better.
    return { kind: 'passed' };
  }
}

type Batch = { readonly Entries: readonly object[] };

/** "The result of the action on each message is reported individually in the response" (ChangeMessageVisibilityBatch). */
function checkEntries<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  original: Batch,
  check: (entry: Entry) => void,
): Checked {
  const failed = entries.flatMap((entry): FailedEntry[] => {
    try {
      check(entry);
      return [];
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      return [{ Id: entry.Id, SenderFault: true, Code: error.name, Message: error.message }];
    }
  });
  if (failed.length === 0) return { kind: 'passed' };
  const refused = new Set(failed.map(({ Id }) => Id));
  const rest = original.Entries.filter((_, index) => !refused.has(entries[index]?.Id ?? ''));
  return { kind: 'reduced', failed, input: { ...original, Entries: rest } };
}

function check({
  MessageBody,
  MessageAttributes,
  MessageGroupId,
  MessageDeduplicationId,
}: z.infer<typeof message>) {
  checkMessage({
    body: MessageBody,
    attributes: MessageAttributes,
    groupId: MessageGroupId,
    deduplicationId: MessageDeduplicationId,
  });
}
