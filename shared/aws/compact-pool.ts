import type { S3Client } from '@aws-sdk/client-s3';
import { type CompactionReport, compact } from '../contexts/compact.ts';
import { patterns } from '../contexts/patterns.ts';
import { systemClock } from './clock.ts';
import { dynamoContexts, dynamoPatterns } from './dynamo-contexts.ts';
import type { Table } from './dynamo-table.ts';
import { s3Objects } from './s3-objects.ts';

/** Tidies one pool's contexts in AWS. */
export function compactPool(
  pool: string,
  { table, s3, bucket }: { readonly table: Table; readonly s3: S3Client; readonly bucket: string },
  options: { readonly dryRun: boolean },
): Promise<CompactionReport> {
  const objects = s3Objects(s3, bucket);
  const patternStore = dynamoPatterns(table, pool);
  const ports = {
    store: dynamoContexts(table, pool),
    objects,
    patternStore,
    patterns: patterns(pool, { store: patternStore, objects, nowMs: systemClock.now }),
    clock: systemClock,
  };
  return compact(pool, ports, options);
}
