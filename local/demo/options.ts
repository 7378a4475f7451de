import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export type DemoOptions = {
  readonly trace: string;
  readonly trajectories: string;
  /** Speedup over the recording. */
  readonly speed: number;
  /** Most tasks to replay. */
  readonly tasks: number;
  /** Tasks that an agent works on at a time. */
  readonly concurrency: number;
  readonly json: boolean;
};

const DATA = new URL('../replay/data/', import.meta.url);

export const USAGE = `npm run demo -- [options]
  --trace FILE         arrivals to replay: CSV with arrival_s,work_s, optionally .gz
  --trajectories FILE  conversations to replay: JSON lines with {id, messages}, optionally .gz
  --speed X            replay X times as fast as recorded (default 30)
  --tasks N            replay only the first N tasks
  --concurrency N      let each agent work on up to N tasks at a time, 1 to 64 (default 1)
  --json               print the summary as one JSON document (use npm run --silent)`;

/** Parses the command line. @throws Error that names the invalid option and what's expected. */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trace: { type: 'string', default: fileURLToPath(new URL('tweets-amzn-excerpt.csv', DATA)) },
      trajectories: {
        type: 'string',
        default: fileURLToPath(new URL('conversations-excerpt.jsonl.gz', DATA)),
      },
      speed: { type: 'string', default: '30' },
      tasks: { type: 'string', default: 'Infinity' },
      concurrency: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const speed = Number(values.speed);
  if (!(speed > 0 && speed <= 1000))
    throw new Error(`invalid value "${values.speed}" for --speed: expected a number above 0, at most 1000`);
  const tasks = Number(values.tasks);
  if (!(tasks === Infinity || (Number.isInteger(tasks) && tasks > 0))) {
    throw new Error(`invalid value "${values.tasks}" for --tasks: expected a whole number above 0`);
  }
  const concurrency = Number(values.concurrency);
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 64)) {
    throw new Error(
      `invalid value "${values.concurrency}" for --concurrency: expected a whole number from 1 to 64`,
    );
  }
  const { trace, trajectories, json } = values;
  return { trace, trajectories, speed, tasks, concurrency, json };
}
