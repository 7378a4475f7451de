import { stripVTControlCharacters } from 'node:util';

/** Characters that SQS rejects in bodies and attributes (SendMessage), and C1 controls, which terminals obey. */
const REJECTED = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;

/**
 * Makes text from elsewhere (an error message, a reason) safe for a record, a message attribute, a log and a terminal:
 * no escape sequences, no control characters, never empty, and at most `maxCharacters` long.
 */
export function cleanText(text: string, maxCharacters: number): string {
  const clean = stripVTControlCharacters(text).replaceAll(REJECTED, '\uFFFD').trim();
  if (clean === '') return 'no reason given';
  if (clean.length <= maxCharacters) return clean;
  // A cut inside a surrogate pair would leave a lone half, which UTF-8 can't encode.
  return `${clean.slice(0, maxCharacters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
