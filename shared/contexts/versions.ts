import type { Chain, ContextHead, StoredContext } from '../ports/context-store.ts';
import { packLink } from './chain.ts';
import type { Place } from './chain-parts.ts';
import type { ChainPorts } from './extend.ts';
import { readLinks, restoreChain } from './restore.ts';

/** A version of a context that can be restored. */
export type Version = {
  readonly version: number;
  readonly hash: string;
  readonly plainBytes: number;
  /** Stored size: of the whole version, or of what's new in it. */
  readonly storedBytes: number;
  readonly kind: 'base' | 'link';
};

export type ContextVersions = {
  /** The head and the versions that lead to it, latest first. Undefined: no such context. */
  list(
    contextId: string,
  ): Promise<{ readonly head: ContextHead; readonly versions: readonly Version[] } | undefined>;
  /** The value of a version. Undefined: it's no longer kept. */
  read(contextId: string, version: number): Promise<unknown>;
};

/** The versions of contexts that are still kept: those in the current chain and in the previous one. For people. */
export function contextVersions(ports: ChainPorts): ContextVersions {
  return {
    async list(contextId) {
      const found = await ports.store.read(contextId);
      if (!found) return undefined;
      const steps = await stepsOf(ports, found);
      return { head: found.head, versions: steps.map(({ version }) => version).toReversed() };
    },

    async read(contextId, wanted) {
      const found = await ports.store.read(contextId);
      if (!found) return undefined;
      const step = (await stepsOf(ports, found)).find(({ version }) => version.version === wanted);
      if (!step) return undefined;
      const { version, parent, chain } = step;
      const { previous: _, ...latest } = found.head;
      const head = { ...latest, version: version.version, hash: version.hash, parent, chain };
      const { plain, damage } = await restoreChain(ports, { ...found, head });
      if (damage !== undefined) throw new Error(`version ${wanted} of ${contextId} is damaged: ${damage}`);
      return JSON.parse(Buffer.from(plain).toString());
    },
  };
}

/** A version and the chain that ends with it. */
type Step = { readonly version: Version; readonly parent: string; readonly chain: Chain };

async function stepsOf(
  ports: ChainPorts,
  { head, pages: tablePages }: StoredContext,
): Promise<readonly Step[]> {
  const place = { ports, contextId: head.contextId, tablePages };
  const chains = head.previous ? [head.previous, head.chain] : [head.chain];
  const steps = await Promise.all(chains.map((chain) => stepsOfChain(place, chain)));
  return steps.flat();
}

async function stepsOfChain(place: Place, chain: Chain): Promise<readonly Step[]> {
  const { base } = chain;
  const links = await readLinks(place, chain);
  const first: Step = {
    version: {
      version: base.version,
      hash: base.hash,
      plainBytes: base.plainBytes,
      storedBytes: base.bytes,
      kind: 'base',
    },
    parent: base.parent,
    chain: { ...chain, pages: [], tail: new Uint8Array() },
  };
  return [
    first,
    ...links.map((link, index): Step => {
      const { hash, plainBytes, content } = link;
      const tail = Buffer.concat(links.slice(0, index + 1).map(packLink));
      return {
        version: {
          version: base.version + index + 1,
          hash,
          plainBytes,
          storedBytes: content.length,
          kind: 'link',
        },
        parent: links[index - 1]?.hash ?? base.hash,
        chain: { ...chain, pages: [], tail },
      };
    }),
  ];
}
