/** The client that other programs import, for sending tasks to a deployed pool and waiting for their results. */
export { openForSending as awsTaskClient, type PoolAddress } from './open-pool.ts';
