/**
 * `agentpool/tasks`: a client that sends tasks to a pool and reads their results.
 * @module
 */
export { awsTaskClient, type PoolAddress } from '../shared/aws/task-client.ts';
export { type Binary, fromBinary, toBinary } from '../shared/contexts/binary.ts';
export type { TaskRecord } from '../shared/core/pool/task-record.ts';
export { type NewTask, SendError, type Task, type TaskClient } from '../shared/tasks/client.ts';
