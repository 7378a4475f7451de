import { Names, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { PREFIX_CHARACTERS, prefixOfStack } from '../shared/aws/resource-names.ts';

/**
 * What the explicit names of a platform's resources begin with: its stack's name, which is unique in an account and
 * region. Names that a role or another stack must know are explicit, so that nothing has to refer to their resources.
 */
export function prefixOf(platform: IConstruct): string {
  const { stackName } = Stack.of(platform);
  if (Token.isUnresolved(stackName))
    return Names.uniqueResourceName(platform, { maxLength: PREFIX_CHARACTERS });
  return prefixOfStack(stackName);
}
