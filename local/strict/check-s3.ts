import { AwsRefusal, checkObjectKey } from '../../sim/aws/limits.ts';

/** Checks the key of an object that is written, in a path-style URL: the emulator takes any. */
export function checkS3Call(method = 'GET', url = '/'): AwsRefusal | undefined {
  const [, key = ''] = /^\/[^/?]+\/([^?]+)/.exec(url) ?? [];
  if (method !== 'PUT' || key === '') return undefined;
  try {
    checkObjectKey(decodeURIComponent(key));
    return undefined;
  } catch (error) {
    if (error instanceof AwsRefusal) return error;
    throw error;
  }
}
