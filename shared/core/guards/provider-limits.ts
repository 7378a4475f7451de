import type { LimitForecast } from '../forecast/signals/limit-use.ts';
import { LONG_LINE_SECONDS, lineSecondsOf } from '../limit-line.ts';
import type { Neighbour, Observation } from '../observation.ts';
import { ownValue } from '../own-value.ts';
import { LIMIT_MS_PER_SECOND, limitText, type ProviderLimit } from '../pool/provider-limit.ts';
import { agentsFor } from '../pool/slots.ts';
import { type GuardContext, type Limit, limit } from './guard.ts';

/** Standard deviations of the slots at work that are kept beyond their mean, so that the limit is seldom idle by chance. */
const SPREAD = 1.5;
/** How many times the slots that a limit seems to feed so far, while that's little evidence. */
const SEEMS_AT_MOST = 1.5;
/** A pool beyond what its limits feed shrinks only past this share, so that it doesn't follow every ripple of the estimate. */
const KEPT_SHARE = 1.2;

/** What the limits of the services behind the agents allow a pool to grow to, and to keep. */
export type Fed = { readonly desired: Limit; readonly keep: number };

/**
 * More agents than a limit feeds would only wait for it, or be refused. Undefined: nothing limits the wanted count.
 *
 * A slot uses a known part `u` of the limit's time, so a share `s` of the limit keeps `m = s/u` slots at work in the mean.
 * How many really are is a matter of chance, with a variance of `m` (as in an infinite-server queue, whose arrivals are
 * the calls that the limit lets through) and what the estimate of `u` adds: `m²·var(u)/u²`. Without slots beyond the
 * mean to wait for their turn, the limit would often be idle.
 */
export function fedBy(context: GuardContext, wanted: number): Fed | undefined {
  return context.config.limits
    .flatMap((each, index) => fedByOne(context, each, { use: context.forecast.limits[index], wanted }))
    .toSorted((a, b) => a.desired.count - b.desired.count)[0];
}

type Wanted = { readonly use: LimitForecast | undefined; readonly wanted: number };

function fedByOne(context: GuardContext, each: ProviderLimit, { use, wanted }: Wanted): readonly Fed[] {
  const { config, desired, observation } = context;
  const { concurrency } = config;
  const share = shareOf(each, { use, neighbours: observation.neighbours });
  const slots = slotsFed(share, use);
  if (slots === undefined) return unknownUse(context, each, { share, wanted });
  if (slots === Number.POSITIVE_INFINITY) return [];
  const agents = Math.max(1, agentsFor(slots, concurrency));
  if (wanted <= agents && desired <= agents) return [];
  const text = `${limitText(each)} feed ${plural(slots, 'slot')}; ${wanted * concurrency} wanted`;
  const keep = Math.ceil(KEPT_SHARE * agents);
  return wanted <= agents && desired <= keep ? [] : [fed(agents, keep, text)];
}

/** How many slots a pool's share of a limit feeds. Infinite: they use nothing of it. Undefined: either is unknown. */
function slotsFed(share: number | undefined, use: LimitForecast | undefined): number | undefined {
  const perSlot = use?.perSlot;
  if (share === undefined || perSlot === undefined) return undefined;
  if (perSlot.mean === 0) return Number.POSITIVE_INFINITY;
  const mean = share / perSlot.mean;
  return Math.floor(mean + SPREAD * Math.sqrt(mean + (mean * (perSlot.deviation / perSlot.mean)) ** 2));
}

/** How many slots a limit feeds, for people; undefined while that's unknown, or if it's any number. */
export function slotsThatLimitFeeds(
  each: ProviderLimit,
  given: { readonly use: LimitForecast | undefined; readonly neighbours: Observation['neighbours'] },
): number | undefined {
  const slots = slotsFed(shareOf(each, given), given.use);
  return slots === Number.POSITIVE_INFINITY ? undefined : slots;
}

/**
 * While it's unknown what a slot uses, a pool at most doubles the agents at work, and stays near what the limit seems to
 * feed, so that the first burst doesn't start many for nothing. It doesn't grow on a limit that's used up or closed, nor
 * while it's unknown what others use.
 */
function unknownUse(
  context: GuardContext,
  each: ProviderLimit,
  { share, wanted }: { readonly share: number | undefined; readonly wanted: number },
): readonly Fed[] {
  const { desired, config, observation } = context;
  const lineSeconds = lineSecondsOf(each.name, observation);
  const isBlocked = desired > 0 && (share === undefined || lineSeconds > LONG_LINE_SECONDS);
  const most = isBlocked ? desired : Math.max(desired, mostUnknown(context, each, share));
  if (wanted <= most) return [];
  const why =
    share === undefined
      ? 'what other pools use of it is unknown'
      : lineSeconds > LONG_LINE_SECONDS
        ? `calls wait for it for ${Math.round(lineSeconds)} s`
        : "what a slot uses of it isn't known yet";
  return [fed(most, most, `${limitText(each)}: ${why}; ${wanted * config.concurrency} slots wanted`)];
}

function mostUnknown(
  { desired, config, observation }: GuardContext,
  { name }: ProviderLimit,
  share: number = LIMIT_MS_PER_SECOND,
): number {
  const agents = observation.agents.kind === 'known' ? observation.agents.value : undefined;
  const doubled = 2 * Math.max(1, agents?.busy ?? desired);
  const use = ownValue(agents?.limitUse ?? {}, name);
  if (use === undefined || use.msPerSecond === 0) return doubled;
  const seemFed = ((use.slots - use.waitingSlots) * share) / use.msPerSecond;
  return Math.min(doubled, agentsFor(SEEMS_AT_MOST * seemFed, config.concurrency));
}

function fed(count: number, keep: number, text: string): Fed {
  const until = 'the limit is raised, or slots use less of it';
  return { desired: limit(count, { code: 'ProviderLimit', text, until }), keep: Math.max(count, keep) };
}

/**
 * The limit time a second, in milliseconds, that a pool may use. Pools of a higher priority come first. Those of the same
 * priority share what's left: each gets what it can use, but no more than an equal part while others could use more
 * (max-min fairness). Undefined while it's unknown what others use.
 */
function shareOf(
  { name, priority }: ProviderLimit,
  {
    use,
    neighbours,
  }: { readonly use: LimitForecast | undefined; readonly neighbours: Observation['neighbours'] },
): number | undefined {
  if (neighbours.kind === 'unknown') return undefined;
  const others = neighbours.value.flatMap((each) => claimsOf(each, name));
  const sum = (of: typeof others) => of.reduce((total, { claim }) => total + claim, 0);
  let left = Math.max(0, LIMIT_MS_PER_SECOND - sum(others.filter((each) => each.priority > priority)));
  const equals = others.filter((each) => each.priority === priority).toSorted((a, b) => a.claim - b.claim);
  for (const [index, { claim }] of equals.entries())
    left -= Math.min(claim, left / (equals.length - index + 1));
  // What a pool was refused says what the service gives to it, not to all.
  return Math.min(left, use?.gives ?? LIMIT_MS_PER_SECOND);
}

function claimsOf({ limits }: Neighbour, name: string) {
  return limits.filter((each) => each.name === name);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What a pool could use of each limit for what it wants, in limit time a second: its claim on limits that it shares. */
export function limitClaims(
  limits: readonly LimitForecast[],
  slots: number,
): Readonly<Record<string, number>> | undefined {
  const claims = limits.flatMap(({ name, perSlot }) =>
    perSlot ? [[name, Math.min(LIMIT_MS_PER_SECOND, slots * perSlot.mean)] as const] : [],
  );
  return claims.length === 0 ? undefined : Object.fromEntries(claims);
}
