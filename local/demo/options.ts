import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export type DemoOptions = {
  readonly trace: string;
  readonly trajectories: string;
  /** How much faster than recorded. */
  readonly speed: number;
  /** At most this many tasks. */
  readonly tasks: number;
  readonly json: boolean;
};

const DATA = new URL('./data/', import.meta.url);

export const USAGE = `npm run demo -- [options]
  --trace FILE         arrivals to replay, CSV with arrival_s,work_s, may be .gz
  --trajectories FILE  conversations to replay, JSON lines with {id, messages}, may be .gz
  --speed X            replay X times as fast as recorded (default 36)
  --tasks N            replay the first N tasks only
  --json               print the summary as one JSON document (with npm run --silent)`;

/** Reads the command line. @throws Error that says which option is wrong and what it takes. */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trace: { type: 'string', default: fileURLToPath(new URL('tweets-amzn-excerpt.csv', DATA)) },
      trajectories: {
        type: 'string',
        default: fileURLToPath(new URL('conversations-excerpt.jsonl.gz', DATA)),
      },
      speed: { type: 'string', default: '36' },
      tasks: { type: 'string', default: 'Infinity' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const speed = Number(values.speed);
  if (!(speed > 0 && speed <= 1000))
    throw new Error(`--speed takes a number above 0, at most 1000, not "${values.speed}"`);
  const tasks = Number(values.tasks);
  if (!(tasks === Infinity || (Number.isInteger(tasks) && tasks > 0))) {
    throw new Error(`--tasks takes a whole number above 0, not "${values.tasks}"`);
  }
  return { trace: values.trace, trajectories: values.trajectories, speed, tasks, json: values.json };
}
