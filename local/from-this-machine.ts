import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Rejects requests from web pages, which have an origin or another host name (DNS rebinding). */
export function isFromThisMachine({ headers: { host, origin } }: IncomingMessage): boolean {
  return origin === undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
}

/** Puts this check before everything that a server does. Its listeners must be there already. */
export function onlyFromThisMachine(server: Server): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (isFromThisMachine(request)) for (const listener of listeners) listener(request, response);
    else response.writeHead(403).end('only for programs on this machine');
  });
}

/** A server on a free port of this machine. */
export type LocalServer = { readonly endpoint: string; close(): Promise<void> };

/** Makes a server listen, for this machine only. */
export async function serveThisMachine(server: Server): Promise<LocalServer> {
  onlyFromThisMachine(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
