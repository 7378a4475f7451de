import { delegatesToAccount, ENCRYPTED_TYPES, keyOf, keyStatements } from './keys.ts';
import { allows, type Statement, statementsOfRole } from './policies.ts';
import type { Finding, Rule } from './rule.ts';
import { namesIn, resourcesOf, type Template } from './template.ts';

const READ = ['kms:Decrypt'];
const WRITE = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What the caller of an action needs of the key. DynamoDB only decrypts the table's own key for its caller. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'dynamodb:GetItem': READ,
  'dynamodb:BatchGetItem': READ,
  'dynamodb:Query': READ,
  'dynamodb:Scan': READ,
  'dynamodb:PutItem': READ,
  'dynamodb:UpdateItem': READ,
  'dynamodb:DeleteItem': READ,
  'dynamodb:BatchWriteItem': READ,
  's3:GetObject': READ,
  's3:PutObject': WRITE,
  'sqs:ReceiveMessage': READ,
  'sqs:SendMessage': WRITE,
  'sns:Publish': WRITE,
  'secretsmanager:GetSecretValue': READ,
  'secretsmanager:PutSecretValue': WRITE,
};

export const rolesCanUseKeys: Rule = {
  id: 'roles-can-use-keys',
  description:
    'DynamoDB, S3, SQS, SNS and Secrets Manager use a customer’s key with the permissions of the caller: without ' +
    'kms:Decrypt, and kms:GenerateDataKey where they encrypt, an allowed call is denied. Grant them to the role, or ' +
    'in the policy of the key.',
  check: (template) =>
    resourcesOf(template, 'AWS::IAM::Role').flatMap(({ id }) => [
      ...new Map(missingFor(template, id).map((finding) => [finding.message, finding])).values(),
    ]),
};

function missingFor(template: Template, role: string): readonly Finding[] {
  const own = statementsOfRole(template, role);
  return resourcesOf(template, ...ENCRYPTED_TYPES).flatMap((encrypted) => {
    const key = keyOf(template, encrypted);
    if (key === undefined) return [];
    return own.flatMap((statement) => {
      if (!names(statement, encrypted.id)) return [];
      const needed = Object.entries(NEEDED).flatMap(([action, actions]) =>
        allows(statement, action) ? actions : [],
      );
      return [...new Set(needed)]
        .filter((action) => !mayUse(template, { role, own, key }, action))
        .map((action) => ({
          logicalId: role,
          message: `This role may use ${encrypted.id}, but its calls are denied: it lacks ${action} on the key ${key}`,
        }));
    });
  });
}

function names({ resources }: Statement, id: string): boolean {
  return resources.some((resource) => namesIn(resource).includes(id));
}

function mayUse(
  template: Template,
  { role, own, key }: { readonly role: string; readonly own: readonly Statement[]; readonly key: string },
  action: string,
): boolean {
  const byItself = own.some(
    (statement) => allows(statement, action) && (statement.resources.includes('*') || names(statement, key)),
  );
  if (byItself && delegatesToAccount(template, key)) return true;
  return keyStatements(template, key).some(
    (statement) =>
      allows(statement, action) &&
      statement.principals.some((principal) => principal === '*' || namesIn(principal).includes(role)),
  );
}
