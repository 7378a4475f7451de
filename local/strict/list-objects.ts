const PAGE_AT_MOST = 1_000;

/** The call that gets every object from the emulator, if this is a ListObjectsV2 call without folders. */
export function listAllInstead(method = 'GET', url = '/'): string | undefined {
  const asked = new URL(url, 'http://s3');
  const query = asked.searchParams;
  if (method !== 'GET' || query.get('list-type') !== '2' || query.has('delimiter')) return undefined;
  const all = new URLSearchParams({
    'list-type': '2',
    prefix: query.get('prefix') ?? '',
    'max-keys': '999999999',
  });
  return `${asked.pathname}?${all}`;
}

/**
 * A page of the answer to that call, as S3 returns it: "in UTF-8 binary order" and from behind a key (ListObjectsV2).
 * The emulator sorts by its locale, and goes on by code units, so it leaves keys out between two pages.
 */
export function pageOf(xml: string, url = '/'): string {
  const query = new URL(url, 'http://s3').searchParams;
  const token = query.get('continuation-token');
  const after = Buffer.from(
    token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString(),
  );
  const atMost = Math.min(PAGE_AT_MOST, Number(query.get('max-keys') ?? PAGE_AT_MOST));
  const behind = Array.from(
    xml.matchAll(/<Contents><Key>(.*?)<\/Key>.*?<\/Contents>/gs),
    ([contents, key = '']) => ({
      contents,
      key: Buffer.from(unescaped(key)),
    }),
  )
    .filter(({ key }) => Buffer.compare(key, after) > 0)
    .toSorted((a, b) => Buffer.compare(a.key, b.key));
  const page = behind.slice(0, atMost);
  const isTruncated = behind.length > page.length;
  const next = isTruncated
    ? `<NextContinuationToken>${page.at(-1)?.key.toString('base64url')}</NextContinuationToken>`
    : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<KeyCount>${page.length}</KeyCount><MaxKeys>${atMost}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>${next}`,
    ...page.map(({ contents }) => contents),
    '</ListBucketResult>',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
