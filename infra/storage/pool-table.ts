import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { OPEN_INDEX } from '../../shared/aws/keys.ts';
import { grantKey } from '../grants/grant-key.ts';

type ItemAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem';

type PoolTableProps = {
  readonly encryptionKey: IKey | undefined;
  /** A table with the same keys and index. */
  readonly existing: ITable | undefined;
};

/** The table with everything: pools, agents, decisions, contexts and tasks. Outlives the stack. */
export class PoolTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, { encryptionKey, existing }: PoolTableProps) {
    super(scope, id);
    this.table = existing ?? newTable(this, encryptionKey);
  }

  /** Grants reading the index of open tasks. */
  grantOpenTasks(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [`${this.table.tableArn}/index/${OPEN_INDEX.name}`],
      }),
    );
  }

  /** Grants actions on the items of some partitions: exact keys, or prefixes that end with `*`. */
  grantItems(
    grantee: IGrantable,
    {
      partitions,
      actions,
    }: { readonly partitions: readonly string[]; readonly actions: readonly ItemAction[] },
  ): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...partitions] } },
      }),
    );
    grantKey(grantee, this.table.encryptionKey);
  }
}

function newTable(scope: Construct, encryptionKey: IKey | undefined): Table {
  const table = new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'expiresAt',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // A first deployment that fails leaves nothing behind.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...(encryptionKey
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
      : // AWS's own key is free.
        { encryption: TableEncryption.DEFAULT }),
  });
  table.addGlobalSecondaryIndex({
    indexName: OPEN_INDEX.name,
    partitionKey: { name: OPEN_INDEX.partition, type: AttributeType.STRING },
    sortKey: { name: OPEN_INDEX.sort, type: AttributeType.NUMBER },
    projectionType: ProjectionType.KEYS_ONLY,
  });
  return table;
}
