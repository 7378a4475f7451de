/**
 * `agentpool/tasks`: a client that sends tasks to a pool and reads their results.
 * @module
 */
export { openForSending as awsTaskClient } from '../shared/aws/open-for-sending.ts';
export { type Binary, fromBinary, toBinary } from '../shared/contexts/binary.ts';
export type { TaskRecord } from '../shared/core/pool/task-record.ts';
export type { PoolAddress } from '../shared/tasks/address.ts';
export { type NewTask, SendError, type Task, type TaskClient } from '../shared/tasks/client.ts';
