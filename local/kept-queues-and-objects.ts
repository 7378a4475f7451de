import type { DatabaseSync } from 'node:sqlite';
import type { BuildAppOptions } from 'fauxqs';

type Stores = NonNullable<BuildAppOptions['stores']>;
type Kept = { readonly stores: Stores; close(): void };

/**
 * Stores for the emulator of SQS and S3 that write everything to a database in a directory. The emulator has them, but
 * offers them only with a server that listens on every network interface, so they're loaded from inside the package.
 */
export async function keptQueuesAndObjects(directory: string): Promise<Kept> {
  const [{ PersistenceManager }, { SqsStore }, { SnsStore }, { S3Store }] = (await Promise.all(
    ['./persistence.js', './sqs/sqsStore.js', './sns/snsStore.js', './s3/s3Store.js'].map(
      (path) => import(new URL(path, import.meta.resolve('fauxqs')).href),
    ),
  )) as [Persistence, Record<'SqsStore', Store>, Record<'SnsStore', Store>, Record<'S3Store', Store>];
  const database = new PersistenceManager(directory);
  // Its own writes nulls over counts, which the table refuses (fauxqs 2.4.1): no message could become visible again.
  const becomesReady = database.db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  database.updateMessageReady = (messageId) => void becomesReady.run(messageId);
  const [sqsStore, snsStore, s3Store] = [new SqsStore(), new SnsStore(), new S3Store()];
  // Before they write to it: what is loaded would be written again.
  database.load(sqsStore, snsStore, s3Store);
  for (const store of [sqsStore, snsStore, s3Store, ...sqsStore.allQueues()]) store.persistence = database;
  return { stores: { sqsStore, snsStore, s3Store } as unknown as Stores, close: () => database.close() };
}

type Database = {
  readonly db: DatabaseSync;
  updateMessageReady: (messageId: string) => void;
  load(...stores: readonly unknown[]): void;
  close(): void;
};
type Persistence = { readonly PersistenceManager: new (directory: string) => Database };
type Store = new () => { persistence?: Database; allQueues(): Iterable<{ persistence?: Database }> };
