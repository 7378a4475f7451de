import { type Statement, statementsOf } from './policies.ts';
import { type Found, listOf, property, record, referred, type Template } from './template.ts';

/** Where resources name the key that encrypts them. */
const KEY_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['SSESpecification', 'KMSMasterKeyId'],
  'AWS::S3::Bucket': ['BucketEncryption', 'ServerSideEncryptionConfiguration'],
  'AWS::SQS::Queue': ['KmsMasterKeyId'],
  'AWS::SNS::Topic': ['KmsMasterKeyId'],
  'AWS::SecretsManager::Secret': ['KmsKeyId'],
  'AWS::Logs::LogGroup': ['KmsKeyId'],
};

export const ENCRYPTED_TYPES = Object.keys(KEY_PROPERTIES);

/** The key of the template that encrypts a resource. Keys of other stacks can't be checked. */
export function keyOf(template: Template, found: Found): string | undefined {
  const path = KEY_PROPERTIES[found.resource.Type];
  if (path === undefined) return undefined;
  const value = property(found, ...path);
  const alias = referred(template, value, 'AWS::KMS::Alias');
  const named = alias === undefined ? value : template.Resources[alias]?.Properties?.['TargetKeyId'];
  return referred(template, named, 'AWS::KMS::Key');
}

export function keyStatements(template: Template, key: string): readonly Statement[] {
  return statementsOf(template.Resources[key]?.Properties?.['KeyPolicy']);
}

/** Whether a key's policy leaves it to the account's IAM policies who may use the key. KMS's default policy does. */
export function delegatesToAccount(template: Template, key: string): boolean {
  const document = template.Resources[key]?.Properties?.['KeyPolicy'];
  if (listOf(record(document)['Statement']).length === 0) return true;
  return statementsOf(document).some(
    ({ allows, actions, principals }) =>
      allows &&
      actions.includes('kms:*') &&
      principals.some((principal) => principal === '*' || principal.endsWith(':root')),
  );
}
