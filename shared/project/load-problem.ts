import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why a module can't be loaded, for the one who wrote it: `FILE:LINE: SyntaxError: …`, as far as Node says where. */
export function loadProblem(file: string, error: unknown): string {
  if (!(error instanceof Error)) return `${file}: ${String(error)} was thrown`;
  const { name, message, stack = '' } = error;
  const [, missing] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  const hint = missing === undefined ? '' : `: npm install ${missing}`;
  const said = `${name === 'Error' ? message : `${name}: ${message}`}${hint}`;
  const where = placeIn(stack) ?? (error instanceof SyntaxError ? checked(file) : undefined);
  return `${where ?? file}: ${said}`;
}

/** The first line that names a file: in front of the error (Node's own), or the frame that threw. */
function placeIn(stack: string): string | undefined {
  const [first = '', ...lines] = stack.split('\n');
  const inFront = /^(\/.*|[A-Z]:\\.*|file:.*):(\d+)$/.exec(first);
  if (inFront) return placeOf(inFront);
  const frames = lines.map((line) => /^ {4}at (?:.*\()?((?:file:\/\/|\/)[^():]+):(\d+):\d+\)?$/.exec(line));
  const [frame] = frames.filter((each) => each !== null);
  return frame?.[1]?.includes('/node_modules/') === false ? placeOf(frame) : undefined;
}

/** A module with a syntax error has no frame. Node says where only when it checks the file. */
function checked(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10_000 });
  const [first = ''] = stderr.split('\n');
  const found = /^(\/.*|[A-Z]:\\.*|file:.*):(\d+)$/.exec(first);
  return found ? placeOf(found) : undefined;
}

function placeOf([, path = '', line = '']: RegExpExecArray): string {
  const local = path.startsWith('file:') ? fileURLToPath(path) : path;
  const near = relative(process.cwd(), local);
  return `${near.startsWith('..') ? local : near}:${line}`;
}
