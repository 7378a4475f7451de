import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectStore } from '../ports/object-store.ts';
import { ValueError } from '../tasks/values.ts';

/** DeleteObjects accepts a thousand keys per call. */
const DELETE_BATCH = 1_000;

/** What every call gets, and the slowest line that counts as one: 2 Mbit/s. */
const LEAST_MS = 5_000;
const LEAST_BYTES_PER_MS = 256;

/** How long a call may take that moves this many bytes. A laptop uploads 60 MiB in a quarter of a minute, or four. */
function deadlineMs(bytes: number): number {
  return LEAST_MS + Math.ceil(bytes / LEAST_BYTES_PER_MS);
}

/** Objects in the context bucket. `uploads` aborts the uploads that are under way, and every later one. */
export function s3Objects(s3: S3Client, bucket: string, uploads?: AbortSignal): ObjectStore {
  return {
    async put(key, content) {
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentLength: content.length }),
        { requestTimeout: deadlineMs(content.length), ...(uploads && { abortSignal: uploads }) },
      );
    },
    async get(key, maxBytes) {
      try {
        const { Body: body, ContentLength: bytes } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key }),
          { requestTimeout: deadlineMs(maxBytes) },
        );
        if (bytes === undefined || bytes > maxBytes)
          throw new ValueError(`${key} has ${bytes} bytes, expected at most ${maxBytes}`);
        return await body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async *list(prefix, after) {
      const input = { Bucket: bucket, Prefix: prefix, ...(after !== undefined && { StartAfter: after }) };
      for await (const page of paginateListObjectsV2({ client: s3 }, input)) {
        for (const { Key, LastModified } of page.Contents ?? []) {
          if (Key !== undefined) yield { key: Key, writtenAtMs: LastModified?.getTime() ?? Infinity };
        }
      }
    },
    async delete(keys) {
      for (let start = 0; start < keys.length; start += DELETE_BATCH) {
        const { Errors: errors = [] } = await s3.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
            Delete: { Objects: keys.slice(start, start + DELETE_BATCH).map((Key) => ({ Key })), Quiet: true },
          }),
        );
        const [first] = errors;
        if (first)
          throw new Error(`${errors.length} objects were not deleted: ${first.Key}: ${first.Message}`);
      }
    },
  };
}
