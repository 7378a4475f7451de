import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { HEALTH_FILE_VARIABLE } from '../../shared/core/pool/health-check.ts';
import { isFromThisMachine, listenHere } from '../from-this-machine.ts';
import { EcsError } from './errors.ts';
import type { Task } from './model.ts';
import type { Operation } from './operation.ts';
import { createOperations } from './operations.ts';
import { setProtection } from './protection.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from './scheduler.ts';
import type { ServiceOptions } from './service-operations.ts';
import { launchTypeOf, protectionShape } from './shapes.ts';
import type { Container } from './task-process.ts';

export type LocalEcs = {
  /** Base URL, on loopback. */
  readonly endpoint: string;
  readonly scheduler: Scheduler;
  close(): Promise<void>;
};

export type EcsOptions = SchedulerOptions &
  ServiceOptions & {
    /** The wanted port. Default: any. */
    readonly port?: number | undefined;
    /** Environment variables for every task in addition to its definition's: the AWS endpoints. */
    readonly environment: Readonly<Record<string, string>>;
    /** More of them, for a container. Undefined: without that one. */
    readonly variablesOf?: (container: Container) => Readonly<Record<string, string | undefined>>;
  };

const TARGET_PREFIX = 'AmazonEC2ContainerServiceV20141113.';
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Starts the local ECS, over HTTP: its JSON API at `/` and, for tasks, the task metadata endpoint (version 4) at
 * `/v4/TASK` and the ECS agent's endpoint at `/api/TASK`.
 */
export async function startEcs(options: EcsOptions): Promise<LocalEcs> {
  const server = createServer((request, response) => {
    if (!isFromThisMachine(request)) {
      send(response, 403, {
        __type: 'AccessDeniedException',
        message: 'only programs on this machine have access',
      });
      return;
    }
    respond(request)
      .then(({ status, body }) => send(response, status, body))
      .catch((error: unknown) => send(response, 500, { __type: 'ServerException', message: String(error) }));
  });
  const endpoint = await listenHere(server, options.port);
  const scheduler = createScheduler(options, ({ id: taskId, deployment: { taskDefinition } }) => ({
    ...options.environment,
    ...options.variablesOf?.(taskDefinition.container),
    AWS_ENDPOINT_URL_ECS: endpoint,
    ECS_CONTAINER_METADATA_URI_V4: `${endpoint}/v4/${taskId}`,
    ECS_AGENT_URI: `${endpoint}/api/${taskId}`,
    // Containers have a /tmp of their own; here they share one, which is removed with the logs.
    TMPDIR: options.logDirectory,
    [HEALTH_FILE_VARIABLE]: join(options.logDirectory, `agent-${taskId}.health`),
  }));
  const operations: Readonly<Record<string, Operation>> = createOperations(scheduler, options);

  async function respond(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const url = URL.parse(request.url ?? '/', endpoint);
    const [, area, taskId, ...path] = url?.pathname.split('/') ?? [];
    if (area === 'v4' || area === 'api') {
      const task = scheduler.tasks.get(taskId ?? '');
      if (!task) return { status: 404, body: { error: 'unknown task' } };
      if (area === 'v4') return { status: 200, body: metadata(task) };
      return taskProtection(task, path.join('/'), request);
    }
    return api(request);
  }

  async function api(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const target = request.headers['x-amz-target']?.toString() ?? '';
    const name = target.replace(TARGET_PREFIX, '');
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    try {
      if (!operation)
        throw new EcsError(
          'UnknownOperationException',
          `the local ECS doesn't support operation "${target}"`,
        );
      return { status: 200, body: operation(await readJson(request)) };
    } catch (error) {
      if (!(error instanceof EcsError)) throw error;
      return { status: 400, body: { __type: error.code, message: error.message } };
    }
  }

  async function taskProtection(task: Task, path: string, request: IncomingMessage) {
    if (path !== 'task-protection/v1/state') return { status: 404, body: { error: 'unknown path' } };
    if (request.method === 'PUT') {
      const { ProtectionEnabled: enabled, ExpiresInMinutes: minutes } = (await readJson(request)) as {
        ProtectionEnabled?: unknown;
        ExpiresInMinutes?: number;
      };
      if (typeof enabled !== 'boolean') {
        const error = {
          Arn: task.arn,
          Code: 'InvalidParameterException',
          Message: 'ProtectionEnabled is required',
        };
        return { status: 400, body: { error } };
      }
      const result = setProtection(scheduler, task, { enabled, expiresInMinutes: minutes });
      if (result.kind === 'refused') {
        return {
          status: 200,
          body: { failure: { Arn: task.arn, Reason: result.reason, Detail: result.detail } },
        };
      }
    }
    const { taskArn, protectionEnabled, expirationDate } = protectionShape(task);
    const protection = {
      TaskArn: taskArn,
      ProtectionEnabled: protectionEnabled,
      ExpirationDate: expirationDate && new Date(expirationDate * 1000).toISOString(),
    };
    return { status: 200, body: { protection } };
  }

  return {
    endpoint,
    scheduler,
    async close() {
      await scheduler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function metadata(task: Task): object {
  return {
    Cluster: task.service.cluster.arn,
    TaskARN: task.arn,
    Family: task.deployment.taskDefinition.family,
    Revision: String(task.deployment.taskDefinition.revision),
    ServiceName: task.service.name,
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    AvailabilityZone: task.availabilityZone,
    LaunchType: launchTypeOf(task),
    PullStartedAt: new Date(task.createdAtMs).toISOString(),
    Containers: [],
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new EcsError('ClientException', `the request is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch {
    throw new EcsError('SerializationException', 'the request is not JSON');
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
