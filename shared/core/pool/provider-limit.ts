import * as z from 'zod';

const MINUTE_MS = 60_000;

/** A limit gives this much of its time in a second, in milliseconds: all of it. */
export const LIMIT_MS_PER_SECOND = 1_000;

/** The name becomes part of a key in DynamoDB and of an IAM condition, where `*`, `?` and `$` have a meaning. */
const LIMIT_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

/** A limit that a service behind the agents sets, such as a model's requests and tokens a minute. */
export const providerLimitSchema = z.strictObject({
  name: z
    .string()
    .regex(LIMIT_NAME, '1 to 64 of letters, digits and . _ : / -, starting with a letter or digit'),
  /** A call has to fit into a minute, so less than one request or token would refuse every call. */
  perMinute: z
    .strictObject({ requests: z.number().min(1).optional(), tokens: z.number().min(1).optional() })
    .refine(({ requests, tokens }) => requests !== undefined || tokens !== undefined, {
      error: 'requests, tokens or both',
    }),
  /** Pools with a higher one get more of a limit that doesn't suffice for all. */
  priority: z.int().default(0),
});

export type ProviderLimit = z.output<typeof providerLimitSchema>;

/** What a call of a limited service uses. */
export type Amounts = { readonly requests: number; readonly tokens: number };

/**
 * What a call uses of a limit, as time: how long the limit takes to give that much. Every limit is then a timeline on
 * which a moment is used once, however many dimensions it has. The scarcer dimension sets the time, so a pool stays
 * under both. It stays somewhat under what it could have where some calls need mostly requests and others mostly
 * tokens: two timelines would fit those side by side, and take two writes that can't be one.
 */
export function limitTimeMs({ perMinute }: Pick<ProviderLimit, 'perMinute'>, amounts: Amounts): number {
  const { requests = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY } = perMinute;
  return MINUTE_MS * Math.max(amounts.requests / requests, amounts.tokens / tokens);
}

/** A limit, for people: `anthropic: 4,000 requests and 400,000 tokens a minute`. */
export function limitText({
  name,
  perMinute: { requests, tokens },
}: Pick<ProviderLimit, 'name' | 'perMinute'>): string {
  const parts = [
    ...(requests === undefined ? [] : [`${requests.toLocaleString('en')} requests`]),
    ...(tokens === undefined ? [] : [`${tokens.toLocaleString('en')} tokens`]),
  ];
  return `${name}: ${parts.join(' and ')} a minute`;
}
