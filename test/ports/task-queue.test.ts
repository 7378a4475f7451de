// Covers: shared/ports/task-queue.ts, shared/aws/sqs-queue.ts, sim/aws/sqs-queue.ts, sim/aws/limits.ts
import { beforeEach, describe, expect, test } from 'vitest';
import type { QueueMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import { simulated } from './places.ts';
import { contract } from './suite.ts';

const MIB = 1_048_576;

const message = (id: string, body = id) => ({ id, body, groupId: id, deduplicationId: id });

contract('a task queue', (place) => {
  let queue: TaskQueue;
  beforeEach(() => {
    ({ queue } = place().ports);
  });

  const receive = (atMost = 1, pollSeconds = 0) => place().call(queue.receive(pollSeconds, 30, atMost));
  const received = async (): Promise<QueueMessage> => {
    const [message] = await receive(1, 1);
    if (!message) throw new Error('no message');
    return message;
  };
  const send = (id: string, groupId = id, body = `body of ${id}`) =>
    queue.send([{ ...message(id, body), groupId }]);

  test('a task queue hands out a message once, with its body, its group and the time of sending', async () => {
    await send('a', 'g');
    const message = await received();
    expect(message).toMatchObject({ body: 'body of a', groupId: 'g', receiveCount: 1 });
    expect(message.sentAtMs).toBeGreaterThan(0);
    expect(await receive()).toEqual([]);
  });

  test('a task queue hands out a released message again, as another delivery', async () => {
    await send('a');
    const first = await received();
    await queue.release(first);
    const second = await received();
    expect(second).toMatchObject({ messageId: first.messageId, receiveCount: 2 });
    expect(second.deliveryId).not.toBe(first.deliveryId);
    // By SQS's own clock, and the same for every delivery.
    expect(second.sentAtMs).toBe(first.sentAtMs);
    expect(first.firstReceivedAtMs).toBeGreaterThanOrEqual(first.sentAtMs);
    expect(second.firstReceivedAtMs).toBe(first.firstReceivedAtMs);
  });

  test('a task queue holds back the messages of a group behind the one in flight, and no other group', async () => {
    await queue.send(['a1', 'a2', 'b1'].map((id) => ({ ...message(id), groupId: id[0] as string })));
    const [first, second] = [await received(), await received()];
    expect([first.body, second.body]).toEqual(['a1', 'b1']);
    expect(await receive()).toEqual([]);
    await queue.acknowledge(first);
    expect((await received()).body).toBe('a2');
  });

  test('a task queue keeps one message of those sent under one ID in a group, and hands out that ID', async () => {
    await send('a', 'g');
    await send('a', 'g');
    await send('a', 'h');
    const both = [await received(), await received()];
    expect(both.map(({ groupId, deduplicationId }) => [groupId, deduplicationId])).toEqual([
      ['g', 'a'],
      ['h', 'a'],
    ]);
    await Promise.all(both.map((message) => queue.acknowledge(message)));
    expect(await receive()).toEqual([]);
  });

  test('a task queue counts visible messages and those in flight', async () => {
    await queue.send(['a', 'b', 'c'].map((id) => message(id)));
    await received();
    expect(await queue.counts()).toMatchObject({ visible: 2, inFlight: 1 });
  });

  test('a task queue ends a long poll without a message', async () => {
    expect(await receive(1, 1)).toEqual([]);
  });

  test('a task queue forgets an acknowledged message, and an earlier delivery of a message', async () => {
    await send('a');
    const first = await received();
    await queue.release(first);
    const second = await received();
    await queue.acknowledge(first);
    expect(await queue.extend([first], 30)).toEqual([{ message: first, reason: expect.any(String) }]);
    await queue.acknowledge(second);
    expect(await queue.extend([second], 30)).toEqual([{ message: second, reason: expect.any(String) }]);
  });

  // --- Batches ---------------------------------------------------------------------------------------------------

  test('a task queue hands out as many messages as asked for, at once', async () => {
    await queue.send(Array.from({ length: 10 }, (_, index) => message(`m${index}`)));
    await send('m10');
    expect(await receive(3, 1)).toHaveLength(3);
    // SQS may return fewer than there are, and returns the rest with the next receives.
    const rest = new Set<string>();
    while (rest.size < 8) for (const { body } of await receive(10, 1)) rest.add(body);
    expect(await receive(10)).toEqual([]);
  });

  test.each([0, 11])('a task queue refuses to hand out %d messages', async (atMost) => {
    await send('a');
    await expect(queue.receive(0, 30, atMost)).rejects.toThrow();
    expect((await received()).receiveCount).toBe(1);
  });

  test('a task queue hands out the messages of a group in their order, and none behind those in flight', async () => {
    await queue.send(['a1', 'b1', 'a2', 'a3'].map((id) => ({ ...message(id), groupId: id[0] as string })));
    const seen: string[] = [];
    while (seen.length < 4) {
      // SQS may hand out several of a group at once. The emulator hands out one.
      const together = await receive(10, 1);
      expect(await receive(10)).toEqual([]);
      seen.push(...together.map(({ body }) => body));
      for (const message of together) await queue.acknowledge(message);
    }
    expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  });

  test('a task queue extends a batch except the messages that are gone', async () => {
    await queue.send(['a', 'b', 'c'].map((id) => message(id)));
    const all = [await received(), await received(), await received()];
    const gone = all[1] as QueueMessage;
    await queue.acknowledge(gone);
    expect(await queue.extend(all, 60)).toEqual([{ message: gone, reason: expect.any(String) }]);
    expect(await queue.counts()).toMatchObject({ visible: 0, inFlight: 2 });
  });

  test('a task queue refuses to extend no message, or more than ten', async () => {
    await send('a');
    const message = await received();
    await expect(queue.extend([], 30)).rejects.toThrow();
    await expect(queue.extend(new Array<QueueMessage>(11).fill(message), 30)).rejects.toThrow();
  });

  // --- What SQS refuses ------------------------------------------------------------------------------------------

  test.each([
    ['an escape sequence', '\u001B[31mred'],
    ['a NUL', 'a\u0000b'],
    ['half of a surrogate pair', 'a\uD800b'],
    ['a noncharacter', 'a\uFFFFb'],
  ])('a task queue rejects a body with %s, and takes the others of the batch', async (_what, body) => {
    const refused = await queue.send([message('bad', body), message('good', 'fine: \t\n\r é 漢 \u007F')]);
    expect(refused.map(({ id }) => id)).toEqual(['bad']);
    expect((await received()).body).toContain('fine');
  });

  test('a task queue rejects a batch of more than ten messages, or of more than 1 MiB', async () => {
    const batch = (count: number, bytes: number) =>
      queue.send(Array.from({ length: count }, (_, index) => message(`m${index}`, 'x'.repeat(bytes))));
    await expect(batch(11, 1)).rejects.toThrow();
    await expect(batch(3, MIB / 2)).rejects.toThrow();
    expect(await receive()).toEqual([]);
  });

  test('a task queue rejects a message of more than 1 MiB, and takes one of 1 MiB', async () => {
    await expect(
      send('a', 'a', 'x'.repeat(MIB + 1)).then((refused) => {
        if (refused.length > 0) throw new Error(refused[0]?.reason);
      }),
    ).rejects.toThrow();
    expect(await send('b', 'b', 'x'.repeat(MIB))).toEqual([]);
  });

  test.each([
    ['with a space', 'a b'],
    ['with an umlaut', 'ä'],
    ['of 129 characters', 'x'.repeat(129)],
  ])('a task queue rejects a group %s', async (_what, groupId) => {
    expect(await send('a', groupId)).toHaveLength(1);
  });

  test('a task queue rejects a visibility timeout of more than 12 hours and a poll of more than 20 seconds', async () => {
    await send('a');
    const message = await received();
    expect(await queue.extend([message], 43_201)).toHaveLength(1);
    await expect(queue.receive(21, 30, 1)).rejects.toThrow();
  });

  // --- Dead letters ----------------------------------------------------------------------------------------------

  test.each([
    ['in color', '\u001B[31mno such order\u001B[39m', 'no such order'],
    ['with a NUL', 'a\u0000b', 'a\uFFFDb'],
    ['that is empty', '', 'no reason given'],
    ['of a megabyte', 'x'.repeat(MIB), expect.stringMatching(/^x{900,}…$/)],
  ])('a task queue dead-letters a message for a reason %s', async (_what, reason, expected) => {
    await send('a');
    await queue.deadLetter(await received(), reason);
    expect(await place().ports.deadLetters()).toEqual([expected]);
    expect(await queue.counts()).toMatchObject({ visible: 0, inFlight: 0 });
  });
});

describe('on virtual time a task queue', () => {
  const pool = async () => {
    const { ports, call, pass } = simulated();
    await ports.queue.send([message('a')]);
    return { ...ports, call, pass };
  };

  test('a task queue hands a message out again when its visibility timeout is over', async () => {
    const { queue, pass, call } = await pool();
    await call(queue.receive(0, 30, 1));
    await pass(29);
    expect(await call(queue.receive(0, 30, 1))).toEqual([]);
    await pass(1);
    expect(await call(queue.receive(0, 30, 1))).toMatchObject([{ receiveCount: 2 }]);
  });

  test('a task queue hands out messages of a group together, and blocks the group until all of them are gone', async () => {
    const { ports, call } = simulated();
    const { queue } = ports;
    await queue.send(['a1', 'a2', 'a3', 'b1'].map((id) => ({ ...message(id), groupId: id[0] as string })));
    const receive = async (atMost: number) => call(queue.receive(0, 30, atMost));
    const [first, second, ...rest] = await receive(2);
    expect([first?.body, second?.body, rest]).toEqual(['a1', 'a2', []]);
    expect((await receive(10)).map(({ body }) => body)).toEqual(['b1']);
    await queue.acknowledge(first as QueueMessage);
    expect(await receive(10)).toEqual([]);
    await queue.release(second as QueueMessage);
    expect((await receive(10)).map(({ body }) => body)).toEqual(['a2', 'a3']);
  });

  test('a task queue does not hide a message beyond twelve hours from its receive, however it is extended', async () => {
    const { queue, pass, call } = await pool();
    const messages = await call(queue.receive(0, 43_200, 1));
    await pass(39_600);
    expect(await queue.extend(messages, 3_600)).toEqual([]);
    const [refused] = await queue.extend(messages, 3_601);
    expect(refused?.reason).toContain('Total VisibilityTimeout');
  });

  test('a task queue takes an ID again five minutes after it was sent', async () => {
    const { queue, pass } = await pool();
    await pass(299);
    await queue.send([message('a', 'again')]);
    expect(await queue.counts()).toMatchObject({ visible: 1 });
    await pass(1);
    await queue.send([message('a', 'again')]);
    expect(await queue.counts()).toMatchObject({ visible: 2 });
  });

  test('a task queue moves a message to the dead-letter queue by itself when it has been received 20 times', async () => {
    const { queue, call, deadLetters } = await pool();
    for (let time = 0; time < 20; time++) {
      const [message] = await call(queue.receive(0, 30, 1));
      await queue.release(message as QueueMessage);
    }
    expect(await call(queue.receive(0, 30, 1))).toEqual([]);
    expect(await deadLetters()).toEqual([undefined]);
  });

  test('a task queue drops a message after its retention period of seven days', async () => {
    const { queue, pass, call, deadLetters } = await pool();
    await pass(7 * 86_400);
    expect(await call(queue.receive(0, 30, 1))).toEqual([]);
    expect(await deadLetters()).toEqual([]);
  });
});
