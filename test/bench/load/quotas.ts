/**
 * Default quotas of us-east-1, for an account and region unless said otherwise, as AWS documents them. ECS's throttle by
 * buckets: this is what they hold for good, a burst may be some times as much.
 */
export const QUOTAS = {
  'ECS: DescribeServices': { perSecond: 20, of: 'the account, shared with every reader of services' },
  'ECS: UpdateService': { perSecond: 5, of: 'the account, shared with every deployment' },
  'ECS: task protection': { perSecond: 80, of: 'the account' },
  'ECS: tasks launched on Fargate': { perSecond: 20, of: 'the account, for On-Demand and for Spot' },
  'SQS: receive': { perSecond: 9_000, of: 'a FIFO queue' },
  'SQS: other calls': { perSecond: 9_000, of: 'a FIFO queue' },
  'DynamoDB: write units': { perSecond: 40_000, of: 'a table' },
  'DynamoDB: read units': { perSecond: 40_000, of: 'a table' },
  'DynamoDB: write units of the busiest partition': { perSecond: 1_000, of: 'a pool’s records' },
  'S3: PUT': { perSecond: 3_500, of: 'a prefix, which S3 splits as it grows' },
  'S3: GET': { perSecond: 5_500, of: 'a prefix, which S3 splits as it grows' },
} as const;

export type Quota = keyof typeof QUOTAS;
