// biome-ignore-all lint/suspicious/noControlCharactersInRegex: these are what is removed.
/**
 * Text from elsewhere: what a handler or a library threw, a reason that AWS gave, an ID in a message nobody here wrote.
 * It's bounded and cleaned here, before it reaches a queue, a record, a log, a terminal or a page.
 */

/** Escape sequences of terminals: control sequences, operating system commands, and those of two characters. */
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[ -/]*[0-~])/g;
/** Characters that SQS rejects in bodies and attributes (SendMessage), and C1 controls, which terminals obey. */
const REJECTED = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;

/**
 * Makes text safe for a record, a message attribute, a log and a terminal: no escape sequences, no control characters,
 * never empty, and at most `maxCharacters` long.
 */
export function cleanText(text: string, maxCharacters: number): string {
  // Nobody reads more, and a pattern over megabytes takes long.
  const start = text.slice(0, 8 * maxCharacters);
  const clean = start.replaceAll(ESCAPES, '').replaceAll(REJECTED, '\uFFFD').trim();
  if (clean === '') return 'no reason given';
  if (clean.length <= maxCharacters && start.length === text.length) return clean;
  // A cut inside a surrogate pair would leave a lone half, which UTF-8 can't encode.
  return `${clean.slice(0, maxCharacters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Colors and styles are the only escape sequences that a terminal gets: they change only its appearance. */
const STYLES = /\u001B\[[\d;]*m/;

/** Text for a terminal: of its own length, and with the styles that this program gave it. */
export function terminalText(text: string): string {
  return text
    .replaceAll(ESCAPES, (sequence) => (STYLES.test(sequence) ? sequence : ''))
    .replaceAll(/(?![\t\n\r\u001B])\p{Cc}/gu, '\uFFFD')
    .replaceAll(/\u001B(?!\[[\d;]*m)/g, '\uFFFD');
}

const ERROR_CHARACTERS = 2_000;
const CAUSES_AT_MOST = 4;
const ERRORS_AT_MOST = 3;

/** Whatever was thrown, in one clean text for a log or a record: with its causes, and the errors it aggregates. */
export function describeError(error: unknown): string {
  return cleanText(described(error, CAUSES_AT_MOST), ERROR_CHARACTERS);
}

function described(error: unknown, depth: number): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return `${String(error)} was thrown`;
  try {
    const { message, cause } = error as { readonly message?: unknown; readonly cause?: unknown };
    const said = typeof message === 'string' ? named(error, message) : asJson(error);
    const because = cause === undefined || depth === 0 ? '' : ` (caused by ${described(cause, depth - 1)})`;
    return `${said}${aggregated(error, depth)}${because}`;
  } catch {
    return 'an object was thrown that cannot be described';
  }
}

function named(error: object, message: string): string {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  const what = typeof name === 'string' && name !== '' ? name : 'Error';
  const isNews = (typeof code === 'string' || typeof code === 'number') && !message.includes(String(code));
  return `${what}: ${message}${isNews ? ` [${code}]` : ''}`;
}

/** AggregateError's own message says only that there are several. */
function aggregated(error: object, depth: number): string {
  const { errors } = error as { readonly errors?: unknown };
  if (!Array.isArray(errors) || errors.length === 0 || depth === 0) return '';
  const first = errors.slice(0, ERRORS_AT_MOST).map((each) => described(each, depth - 1));
  const others = errors.length > ERRORS_AT_MOST ? `; and ${errors.length - ERRORS_AT_MOST} more` : '';
  return `: ${first.join('; ')}${others}`;
}

/** Undefined values, functions and the like leave nothing; a cycle or a BigInt can't be shown. */
function asJson(error: object): string {
  try {
    const json: unknown = JSON.stringify(error);
    return json === undefined || json === '{}'
      ? `${error.constructor?.name ?? 'an object'} was thrown`
      : String(json);
  } catch {
    return `${error.constructor?.name ?? 'an object'} was thrown`;
  }
}
