import { createHash } from 'node:crypto';
import * as z from 'zod';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const entry = z.looseObject({
  MessageBody: z.string(),
  MessageGroupId: z.string(),
  MessageDeduplicationId: z.string().optional(),
});
const sent = z.looseObject({ QueueUrl: z.string() });
const created = z.object({
  Attributes: z.looseObject({
    DeduplicationScope: z.literal('messageGroup'),
    ContentBasedDeduplication: z.enum(['true', 'false']).default('false'),
  }),
});
const received = z.looseObject({
  Messages: z.array(
    z.looseObject({
      Attributes: z.looseObject({ MessageDeduplicationId: z.string().optional() }).optional(),
    }),
  ),
});

/** What stands for the group in front of a deduplication ID. */
const GROUP = /^~[0-9a-f]{16}~/;

export type ByGroup = {
  /** The call as the emulator gets it. */
  request(operation: string, input: unknown): unknown;
  /** The answer as the caller gets it. */
  response(operation: string, input: unknown, answer: unknown): unknown;
};

/**
 * Deduplicates within a message group where a queue asks for it (`DeduplicationScope`). The emulator does it in the whole
 * queue, so it gets deduplication IDs that begin with their group.
 */
export function deduplicateByGroup(): ByGroup {
  const queues = new Map<string, { readonly isContentBased: boolean }>();

  function grouped(each: unknown, isContentBased: boolean): unknown {
    const { success, data } = entry.safeParse(each);
    if (!success) return each;
    const id = data.MessageDeduplicationId ?? (isContentBased ? sha256(data.MessageBody) : undefined);
    return id === undefined
      ? each
      : { ...data, MessageDeduplicationId: `~${sha256(data.MessageGroupId).slice(0, 16)}~${id}` };
  }

  return {
    request(operation, input) {
      const queue = queues.get(sent.safeParse(input).data?.QueueUrl ?? '');
      if (queue === undefined) return input;
      if (operation === 'SendMessage') return grouped(input, queue.isContentBased);
      const entries = (input as { Entries?: unknown }).Entries;
      if (operation !== 'SendMessageBatch' || !Array.isArray(entries)) return input;
      return { ...(input as object), Entries: entries.map((each) => grouped(each, queue.isContentBased)) };
    },

    response(operation, input, answer) {
      if (operation === 'CreateQueue' || operation === 'SetQueueAttributes') {
        const { QueueUrl } = sent.safeParse(operation === 'CreateQueue' ? answer : input).data ?? {};
        const wanted = created.safeParse(input).data?.Attributes;
        if (QueueUrl !== undefined && wanted)
          queues.set(QueueUrl, { isContentBased: wanted.ContentBasedDeduplication === 'true' });
      }
      const messages = operation === 'ReceiveMessage' ? received.safeParse(answer).data : undefined;
      return messages ? { ...messages, Messages: messages.Messages.map(withoutGroup) } : answer;
    },
  };
}

/** A deduplication ID as its sender gave it. */
export function senderDeduplicationId(id: string): string {
  return id.replace(GROUP, '');
}

function withoutGroup(message: z.infer<typeof received>['Messages'][number]) {
  const id = message.Attributes?.MessageDeduplicationId;
  return id === undefined
    ? message
    : {
        ...message,
        Attributes: { ...message.Attributes, MessageDeduplicationId: senderDeduplicationId(id) },
      };
}
