import { markdownTable } from 'markdown-table';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import TinyQueue from 'tinyqueue';

/**
 * `npm run bench:placement`: would it pay to hand a turn on to the agent that has its conversation warm? Conversations
 * interleave; SQS gives a message to any agent that polls. Another agent than the warm one may return it to the
 * queue (visibility 0) while the warm one is idle, so that another poll gets it. How often is limited.
 */
const CONVERSATIONS = 60;
const TURNS = 40_000;
const WORK_SECONDS = 10;
const THINK_SECONDS = 30;
/** A receive and the reading of the records before it, as long as each usually takes. */
const BOUNCE_SECONDS = 0.03;
const COLD_RESTORE_SECONDS = 0.04;
/** List prices in dollars a million, as remembered: an SQS FIFO request, a GET of S3, a read unit of 4 KiB. */
const PRICE = { request: 0.5, get: 0.4, readUnit: 0.125 } as const;
const RECORD_BYTES = 600;

type Outcome = { readonly hits: number; readonly bounces: number };

const rows = [10, 20, 40].flatMap((agents) =>
  [0, 3, 10].map((bouncesAtMost) => {
    const { hits, bounces } = run(agents, bouncesAtMost);
    const share = hits / TURNS;
    const perTurn = bounces / TURNS;
    // Each return reads all records and costs a release and a receive. The agent that keeps the message reads them too.
    const reads = bouncesAtMost === 0 ? 0 : (perTurn + 1) * Math.ceil((agents * RECORD_BYTES) / 4096);
    const dollars = perTurn * 2 * PRICE.request + reads * PRICE.readUnit + (1 - share) * PRICE.get;
    const seconds = perTurn * BOUNCE_SECONDS + (1 - share) * COLD_RESTORE_SECONDS;
    return [
      String(agents),
      String(bouncesAtMost),
      `${(100 * share).toFixed(0)} %`,
      perTurn.toFixed(2),
      dollars.toFixed(2),
      `${(1000 * seconds).toFixed(0)} ms`,
    ];
  }),
);
console.log(
  markdownTable([
    ['agents', 'handed on at most', 'warm hits', 'times a turn', '$ a million turns', 'delay a turn'],
    ...rows,
  ]),
);

function run(agents: number, bouncesAtMost: number): Outcome {
  const random = mersenne(1);
  const uniform = () => uniformFloat64(random);
  const exponential = (mean: number) => -Math.log(1 - uniform()) * mean;
  const idle = new Set(Array.from({ length: agents }, (_, index) => index));
  const warmAt = new Map<number, number>();
  const events = new TinyQueue<{ at: number; conversation: number; agent?: number }>(
    [],
    (a, b) => a.at - b.at,
  );
  const waiting: number[] = [];
  for (let conversation = 0; conversation < CONVERSATIONS; conversation++) {
    events.push({ at: exponential(THINK_SECONDS), conversation });
  }
  let hits = 0;
  let bounces = 0;
  for (let turns = 0; turns < TURNS; ) {
    const event = events.pop();
    if (!event) break;
    const { at, conversation, agent } = event;
    if (agent === undefined) waiting.push(conversation);
    else {
      idle.add(agent);
      events.push({ at: at + exponential(THINK_SECONDS), conversation });
    }
    while (waiting.length > 0 && idle.size > 0) {
      const next = waiting.shift() as number;
      const warm = warmAt.get(next);
      let taker = pick(idle, uniform());
      for (
        let given = 0;
        taker !== warm && warm !== undefined && idle.has(warm) && given < bouncesAtMost;
        given++
      ) {
        bounces += 1;
        taker = pick(idle, uniform());
      }
      if (taker === warm) hits += 1;
      turns += 1;
      warmAt.set(next, taker);
      idle.delete(taker);
      events.push({ at: at + exponential(WORK_SECONDS), conversation: next, agent: taker });
    }
  }
  return { hits, bounces };
}

function pick(idle: ReadonlySet<number>, random: number): number {
  return [...idle][Math.floor(random * idle.size)] as number;
}
