/** The client that other programs import: a deployed pool, for sending tasks and waiting for their results. */
export { openForSending as awsTaskClient, type PoolAddress } from './open-pool.ts';
