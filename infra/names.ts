import { createHash } from 'node:crypto';
import { Names, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Of a rule, whose name has 64 characters, 32 are for the pool. */
const PREFIX_CHARACTERS = 30;
const HASH_CHARACTERS = 8;

/**
 * What the explicit names of a platform's resources begin with: its stack's name, which is unique in an account and
 * region. Names that a role or another stack must know are explicit, so that nothing has to refer to their resources.
 */
export function prefixOf(platform: IConstruct): string {
  const { stackName } = Stack.of(platform);
  if (Token.isUnresolved(stackName))
    return Names.uniqueResourceName(platform, { maxLength: PREFIX_CHARACTERS });
  return shortened(stackName);
}

/** A stack's name, or its beginning and a hash of it. */
export function shortened(stackName: string): string {
  if (stackName.length <= PREFIX_CHARACTERS) return stackName;
  const hash = createHash('sha256').update(stackName).digest('hex').slice(0, HASH_CHARACTERS);
  return `${stackName.slice(0, PREFIX_CHARACTERS - HASH_CHARACTERS - 1)}-${hash}`;
}
