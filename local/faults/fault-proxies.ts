import { type FaultProxy, type FaultShares, type Service, startFaultProxy } from './fault-proxy.ts';

/** A fault proxy in front of each service of a local stack. Pass `through` to the stack. */
export type FaultProxies = {
  through(service: Service, endpoint: string, wantedPort?: number): Promise<string>;
  /** @throws Error before the stack has started. */
  of(service: Service): FaultProxy;
  /** Sets the faults of all services. */
  set(shares: FaultShares): void;
  /** Number of injected faults by type, over all services. */
  injected(): Readonly<Record<string, number>>;
  close(): Promise<void>;
};

export function faultProxies(): FaultProxies {
  const proxies = new Map<Service, FaultProxy>();
  return {
    async through(service, endpoint, wantedPort) {
      const proxy = await startFaultProxy(service, endpoint, wantedPort);
      proxies.set(service, proxy);
      return proxy.endpoint;
    },
    of(service) {
      const proxy = proxies.get(service);
      if (!proxy) throw new Error(`no proxy in front of ${service}: start the stack first`);
      return proxy;
    },
    set(shares) {
      for (const proxy of proxies.values()) proxy.set(shares);
    },
    injected() {
      const sums: Record<string, number> = {};
      for (const { injected } of proxies.values()) {
        for (const [fault, times] of Object.entries(injected)) sums[fault] = (sums[fault] ?? 0) + times;
      }
      return sums;
    },
    async close() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}
