import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from './aws.ts';
import { type Call, identify } from './identify-call.ts';
import { isAllowed, type Policy } from './is-allowed.ts';

/** Who may do what, by access key. */
export type Principal = {
  readonly roleArn: string;
  readonly policies: readonly Policy[];
  readonly credentials: Credentials;
};

export type Gate = {
  readonly endpoint: string;
  /** Calls that came with a known access key, as `service:Action`, with what became of them. */
  readonly calls: readonly { readonly role: string; readonly action: string; readonly allowed: boolean }[];
  /** From now on calls with this access key are checked. */
  admit(accessKey: string, principal: Principal): void;
  close(): Promise<void>;
};

/**
 * A proxy in front of moto. Checks every call against the policies of its role, with their resources and conditions;
 * moto itself checks only those of S3. Serves what moto cannot: task protection, as many running tasks as desired, and
 * the objects below a prefix.
 */
export async function startGate(moto: { readonly port: number }): Promise<Gate> {
  const principals = new Map<string, Principal>();
  const calls: { role: string; action: string; allowed: boolean }[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const principal = principals.get(accessKeyOf(request) ?? '');
    if (principal) {
      const call = identify(request, body);
      const allowed = await isAllowed(principal, call);
      calls.push({ role: principal.roleArn, action: call.action, allowed });
      if (!allowed) return deny(response, call, principal);
      if (call.action === 'ecs:UpdateTaskProtection')
        return send(response, { protectedTasks: [], failures: [] });
      if (call.action === 'ecs:DescribeServices')
        return send(response, running(await forward(request, body)));
      if (call.action === 's3:ListBucket') return list(response, request, principal);
    }
    const forwarded = await forward(request, body);
    response.writeHead(forwarded.status, forwarded.headers).end(forwarded.body);
  }

  /** moto takes the signature of a prefix with a slash for wrong: it is asked for all, as the same role. */
  async function list(response: ServerResponse, { url = '' }: IncomingMessage, { credentials }: Principal) {
    const { pathname, searchParams } = new URL(url, 'http://s3');
    const endpoint = `http://localhost:${moto.port}`;
    const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    const { Contents: all = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: pathname.replaceAll('/', '') }),
    );
    const found = all
      .filter(({ Key = '' }) => Key.startsWith(searchParams.get('prefix') ?? ''))
      .map(
        ({ Key, LastModified }) =>
          `<Contents><Key>${Key}</Key><LastModified>${LastModified?.toISOString()}</LastModified></Contents>`,
      );
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<ListBucketResult><IsTruncated>false</IsTruncated>${found.join('')}</ListBucketResult>`);
  }

  /** With the host that the caller has signed. */
  function forward(request: IncomingMessage, body: Buffer): Promise<Forwarded> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', url = '/', headers } = request;
      httpRequest({ host: '127.0.0.1', port: moto.port, method, path: url, headers }, async (answered) => {
        resolve({
          status: answered.statusCode ?? 500,
          headers: answered.headers,
          body: await read(answered),
        });
      })
        .on('error', reject)
        .end(body);
    });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://localhost:${(server.address() as AddressInfo).port}`,
    calls,
    admit: (accessKey, principal) => void principals.set(accessKey, principal),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Forwarded = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

function accessKeyOf({ headers: { authorization = '' } }: IncomingMessage): string | undefined {
  return /Credential=([^/]+)\//.exec(authorization)?.[1];
}

/** moto starts no containers: all that are desired run. */
function running({ body }: Forwarded): object {
  const answer = JSON.parse(body.toString()) as { services?: { desiredCount: number }[] };
  return {
    ...answer,
    services: answer.services?.map((each) => ({ ...each, runningCount: each.desiredCount })),
  };
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

function deny(response: ServerResponse, { action, resources }: Call, { roleArn }: Principal): void {
  const message = `${roleArn} is not authorized to perform ${action} on ${resources.join(', ')}`;
  if (action.startsWith('s3:')) {
    const xml = `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
    response.writeHead(403, { 'content-type': 'application/xml' }).end(xml);
  } else {
    response
      .writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ __type: 'AccessDeniedException', message }));
  }
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
