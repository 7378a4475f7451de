import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SnapshotStore } from '../ports.ts';

/** Objects in the context bucket. */
export function s3Objects(s3: S3Client, bucket: string): SnapshotStore {
  return {
    async put(key, content) {
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentLength: content.length }),
      );
    },
    async get(key, maxBytes) {
      try {
        const { Body: body, ContentLength: bytes } = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key }),
        );
        if (bytes === undefined || bytes > maxBytes)
          throw new Error(`${key} has ${bytes} bytes, expected at most ${maxBytes}`);
        return await body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
