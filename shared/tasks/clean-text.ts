import { stripVTControlCharacters } from 'node:util';

/** What SQS takes in no body and no attribute (SendMessage), and C1 controls, which terminals obey. */
const REFUSED = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;

/**
 * Text from elsewhere (an error's message, a reason) made fit for a record, a message's attribute, a log and a
 * terminal: without escape sequences and control characters, never empty, and at most `maxCharacters` long.
 */
export function cleanText(text: string, maxCharacters: number): string {
  const clean = stripVTControlCharacters(text).replaceAll(REFUSED, '\uFFFD').trim();
  if (clean === '') return 'no reason given';
  if (clean.length <= maxCharacters) return clean;
  // A cut between the halves of a surrogate pair would leave what no UTF-8 has.
  return `${clean.slice(0, maxCharacters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
