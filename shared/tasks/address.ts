/** Where a pool is: its name and its part of the stack's outputs. */
export type PoolAddress = {
  readonly pool: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly queueUrl: string;
  /** The scaler's function, to wake the pool when it's idle. Without it, an idle pool sees a task within a minute. */
  readonly scaler?: string | undefined;
};
