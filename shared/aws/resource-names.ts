import { createHash } from 'node:crypto';

/** Of a rule, whose name has 64 characters, 32 are for the pool. */
export const PREFIX_CHARACTERS = 30;
const HASH_CHARACTERS = 8;

/** What the names of a stack's resources begin with: the stack's name, or its beginning and a hash of it. */
export function prefixOfStack(stackName: string): string {
  if (stackName.length <= PREFIX_CHARACTERS) return stackName;
  const hash = createHash('sha256').update(stackName).digest('hex').slice(0, HASH_CHARACTERS);
  return `${stackName.slice(0, PREFIX_CHARACTERS - HASH_CHARACTERS - 1)}-${hash}`;
}

/** The name of a pool's queue, or, with a suffix, of its dead-letter queue. */
export function queueName(
  prefix: string,
  { name, ordering }: { readonly name: string; readonly ordering: 'fifo' | 'none' },
  suffix = '',
): string {
  return `${prefix}-${name}${suffix}${ordering === 'fifo' ? '.fifo' : ''}`;
}
