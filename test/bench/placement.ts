import { markdownTable } from 'markdown-table';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import TinyQueue from 'tinyqueue';

/**
 * `npm run bench:placement`: where does a conversation's next turn run, and would it pay to choose? Conversations
 * interleave; SQS gives a message to any agent that polls, which is any with a free slot. Three tables:
 *
 * - Forwarding: another agent than the warm one returns a turn to the queue (visibility 0) while the warm one has a free
 *   slot, so that another poll gets it. How often is limited.
 * - Slots: the same number of slots in fewer agents.
 * - Choosing: an agent receives more turns than it has free slots, starts those it has warm first, and returns the rest.
 *   Production receives no more than it starts.
 */
const CONVERSATIONS = 60;
const TURNS = 40_000;
/** A conversation of this many turns is followed by a new one. */
const LENGTH = 100;
const WORK_SECONDS = 10;
const THINK_SECONDS = 30;
/** A receive and the reading of the records before it, as long as each usually takes. */
const BOUNCE_SECONDS = 0.03;
const COLD_RESTORE_SECONDS = 0.04;
/** List prices in dollars a million, as remembered: an SQS FIFO request, a GET of S3, a read unit of 4 KiB. */
const PRICE = { request: 0.5, get: 0.4, readUnit: 0.125 } as const;
const RECORD_BYTES = 600;
/** What a turn adds to its conversation as stored: of `bench:context` (software) and of `bench:coding`. */
const STORED_BYTES = { conversation: 152, coding: 17_500 } as const;
const BATCH = 10;

type Fleet = { readonly agents: number; readonly slots: number };
type Ways = { readonly forwardsAtMost?: number; readonly chooses?: boolean };
type Outcome = {
  /** Turns after the first of a conversation, and those of them that ran where the one before did. */
  readonly later: number;
  readonly hits: number;
  /** Turns returned to the queue, and turns of the chain that cold restores read. */
  readonly returned: number;
  readonly restored: number;
  /** The most turns that one receive gave, and the share of receives that gave more than one. */
  readonly mostReceived: number;
  readonly severalShare: number;
};

console.log(`Forwarding, one slot:\n\n${forwardingTable()}\n`);
console.log(`The same slots in fewer agents:\n\n${slotsTable()}\n`);
console.log(`Choosing among ten, while tasks queue:\n\n${choosingTable()}`);

function forwardingTable(): string {
  const rows = [10, 20, 40].flatMap((agents) =>
    [0, 3, 10].map((forwardsAtMost) => {
      const { hits, later, returned } = run({ agents, slots: 1 }, { forwardsAtMost });
      const share = hits / later;
      const perTurn = returned / TURNS;
      // Each return reads all records and costs a release and a receive. The agent that keeps the turn reads them too.
      const reads = forwardsAtMost === 0 ? 0 : (perTurn + 1) * Math.ceil((agents * RECORD_BYTES) / 4096);
      const dollars = perTurn * 2 * PRICE.request + reads * PRICE.readUnit + (1 - share) * PRICE.get;
      const seconds = perTurn * BOUNCE_SECONDS + (1 - share) * COLD_RESTORE_SECONDS;
      return [
        String(agents),
        String(forwardsAtMost),
        percent(share),
        perTurn.toFixed(2),
        dollars.toFixed(2),
        `${(1000 * seconds).toFixed(0)} ms`,
      ];
    }),
  );
  const header = [
    'agents',
    'max forwards',
    'warm hits',
    'forwards per turn',
    '$ / million turns',
    'delay / turn',
  ];
  return markdownTable([header, ...rows], { align: header.map(() => 'r') });
}

function slotsTable(): string {
  const rows = [16, 32, 64].flatMap((total) =>
    [1, 4, 16].map((slots) => {
      const { hits, later, restored } = run({ agents: total / slots, slots });
      const bytes = (stored: number) => ((restored * stored) / TURNS / 1000).toFixed(stored < 1000 ? 1 : 0);
      return [
        String(total),
        String(slots),
        String(total / slots),
        percent(hits / later),
        bytes(STORED_BYTES.conversation),
        bytes(STORED_BYTES.coding),
      ];
    }),
  );
  const header = [
    'slots in all',
    'slots',
    'agents',
    'warm hits',
    'KB restored / turn',
    'coding agent, KB / turn',
  ];
  return markdownTable([header, ...rows], { align: header.map(() => 'r') });
}

function choosingTable(): string {
  const rows = [
    { agents: 12, slots: 1 },
    { agents: 3, slots: 4 },
    { agents: 4, slots: 4 },
  ].flatMap((fleet) =>
    [false, true].map((chooses) => {
      const { hits, later, returned, mostReceived, severalShare } = run(fleet, { chooses });
      return [
        `${fleet.agents} × ${fleet.slots}`,
        chooses ? 'ten, keeps the warm ones' : 'as many as it starts',
        percent(severalShare),
        String(mostReceived),
        percent(hits / later),
        (returned / TURNS).toFixed(2),
      ];
    }),
  );
  const header = ['agents × slots', 'receives', 'gave several', 'at most', 'warm hits', 'returned per turn'];
  return markdownTable([header, ...rows], { align: ['r', 'l', 'r', 'r', 'r', 'r'] });
}

function run({ agents, slots }: Fleet, { forwardsAtMost = 0, chooses = false }: Ways = {}): Outcome {
  const random = mersenne(1);
  const uniform = () => uniformFloat64(random);
  const exponential = (mean: number) => -Math.log(1 - uniform()) * mean;
  const used = new Array<number>(agents).fill(0);
  const open = new Set(used.keys());
  const warmAt = new Map<number, number>();
  const turnOf = new Array<number>(CONVERSATIONS).fill(0);
  const events = new TinyQueue<{ at: number; conversation: number; agent?: number }>(
    [],
    (a, b) => a.at - b.at,
  );
  const waiting: number[] = [];
  for (let conversation = 0; conversation < CONVERSATIONS; conversation++)
    events.push({ at: exponential(THINK_SECONDS), conversation });
  const found = { later: 0, hits: 0, returned: 0, restored: 0, mostReceived: 0 };
  let [receives, several] = [0, 0];

  function start(conversation: number, agent: number, at: number): void {
    const turn = turnOf[conversation] as number;
    if (turn > 0) found.later += 1;
    if (turn > 0 && warmAt.get(conversation) === agent) found.hits += 1;
    else found.restored += turn;
    turnOf[conversation] = (turn + 1) % LENGTH;
    warmAt.set(conversation, agent);
    const now = (used[agent] as number) + 1;
    used[agent] = now;
    if (now === slots) open.delete(agent);
    events.push({ at: at + exponential(WORK_SECONDS), conversation, agent });
  }

  /** The agent whose poll gets the next turns, after as many returns as are allowed and make sense. */
  function receiverOf(conversation: number): number {
    const warm = warmAt.get(conversation);
    let agent = pick(open, uniform());
    for (let forwards = 0; forwards < forwardsAtMost; forwards++) {
      if (agent === warm || warm === undefined || !open.has(warm)) break;
      found.returned += 1;
      agent = pick(open, uniform());
    }
    return agent;
  }

  for (let turns = 0; turns < TURNS; ) {
    const event = events.pop();
    if (!event) break;
    const { at, conversation, agent: done } = event;
    if (done === undefined) waiting.push(conversation);
    else {
      used[done] = (used[done] as number) - 1;
      open.add(done);
      events.push({ at: at + exponential(THINK_SECONDS), conversation });
    }
    while (waiting.length > 0 && open.size > 0) {
      const agent = receiverOf(waiting[0] as number);
      const free = slots - (used[agent] as number);
      const received = waiting.splice(0, Math.min(BATCH, chooses ? BATCH : free));
      receives += 1;
      if (received.length > 1) several += 1;
      found.mostReceived = Math.max(found.mostReceived, received.length);
      const isWarm = (each: number) => warmAt.get(each) === agent;
      const preferred = [...received.filter(isWarm), ...received.filter((each) => !isWarm(each))];
      const kept = new Set(preferred.slice(0, free));
      for (const each of kept) start(each, agent, at);
      const returned = received.filter((each) => !kept.has(each));
      found.returned += returned.length;
      waiting.unshift(...returned);
      turns += kept.size;
    }
  }
  return { ...found, severalShare: several / receives };
}

function pick(open: ReadonlySet<number>, random: number): number {
  return [...open][Math.floor(random * open.size)] as number;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
