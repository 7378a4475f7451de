import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forward } from '../forward.ts';
import { listenHere } from '../from-this-machine.ts';

export const SERVICES = ['sqs', 's3', 'dynamodb', 'ecs'] as const;
export type Service = (typeof SERVICES)[number];

/** The faults that a call can have. `response lost`: the service handles the call, but the connection breaks. */
export const CALL_FAULTS = ['throttled', 'failed', 'reset', 'response lost', 'slow'] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

/** Share of calls (0 to 1) that get each fault. The sum is at most 1. */
export type FaultShares = Readonly<Partial<Record<CallFault, number>>>;

export type FaultProxy = {
  /** Base URL, on loopback. */
  readonly endpoint: string;
  /** Number of injected faults by type. */
  readonly injected: Readonly<Record<CallFault, number>>;
  /** Replaces the faults, for `forMs` or until the next call. */
  set(shares: FaultShares, forMs?: number): void;
  /** Breaks all connections and accepts none for `downMs`, like a restart of the service that keeps its data. */
  restart(downMs: number): Promise<void>;
  /** Calls the listener with the operation's name before each call is forwarded. */
  onCall(listener: ((operation: string) => void) | undefined): void;
  close(): Promise<void>;
};

const SLOW_MS = 1_500;

/** Starts a proxy in front of an emulator that injects the faults of the real service. */
export async function startFaultProxy(
  service: Service,
  target: string,
  wantedPort?: number,
): Promise<FaultProxy> {
  const injected = Object.fromEntries(CALL_FAULTS.map((fault) => [fault, 0])) as Record<CallFault, number>;
  let shares: FaultShares = {};
  let end: NodeJS.Timeout | undefined;
  let listener: ((operation: string) => void) | undefined;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    listener?.(request.headers['x-amz-target']?.toString().split('.').at(-1) ?? request.method ?? '');
    const fault = draw(shares);
    if (fault !== undefined) injected[fault] += 1;
    switch (fault) {
      case 'throttled':
      case 'failed':
        return fail(service, fault, response);
      case 'reset':
        response.destroy();
        return;
      case 'response lost':
        return forward(request, response, {
          target,
          instead: (reply) => {
            reply.resume();
            response.destroy();
          },
        });
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        return forward(request, response, { target });
      case undefined:
        return forward(request, response, { target });
      default:
        return fault satisfies never;
    }
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const close = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  };
  const endpoint = await listenHere(server, wantedPort);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint,
    injected,
    set(next, forMs) {
      clearTimeout(end);
      shares = next;
      if (forMs === undefined) return;
      end = setTimeout(() => {
        shares = {};
      }, forMs).unref();
    },
    async restart(downMs) {
      await close();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      await listen(port);
    },
    onCall(next) {
      listener = next;
    },
    close,
  };
}

function draw(shares: FaultShares): CallFault | undefined {
  let left = Math.random();
  return CALL_FAULTS.find((fault) => {
    left -= shares[fault] ?? 0;
    return left < 0;
  });
}

/** Responds with the service's own error, which the SDK recognizes. */
function fail(service: Service, fault: 'throttled' | 'failed', response: ServerResponse): void {
  if (service === 's3') {
    const [status, code] = fault === 'throttled' ? [503, 'SlowDown'] : [500, 'InternalError'];
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<Error><Code>${code}</Code><Message>injected</Message></Error>`);
    return;
  }
  const throttling =
    service === 'dynamodb' ? 'ProvisionedThroughputExceededException' : 'ThrottlingException';
  const [status, type] = fault === 'throttled' ? [400, throttling] : [500, 'InternalServerError'];
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    .end(JSON.stringify({ __type: type, message: 'injected' }));
}
