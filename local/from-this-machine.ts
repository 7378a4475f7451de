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

/** A server on a port of this machine. */
export type LocalServer = { readonly endpoint: string; close(): Promise<void> };

/** Makes a server listen on the wanted port if it's free, or else on any. Returns its base URL. */
export async function listenHere(server: Server, wanted = 0): Promise<string> {
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') return listen(0);
    throw error;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Makes a server listen, for this machine only. */
export async function serveThisMachine(server: Server, wantedPort?: number): Promise<LocalServer> {
  onlyFromThisMachine(server);
  return {
    endpoint: await listenHere(server, wantedPort),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
