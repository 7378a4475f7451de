// Covers: shared/tasks/envelope.ts, docs/envelope.schema.json, docs/envelope.md
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { envelopeSchema } from '../../shared/tasks/envelope.ts';

test('the published JSON schema is that of the envelope; vitest -u writes it', async () => {
  const schema = { title: 'A task, as a message of agentpool', ...z.toJSONSchema(envelopeSchema) };
  await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
    '../../docs/envelope.schema.json',
  );
});

test('the envelope in the documentation is valid', () => {
  const [, json = ''] = /```json\n(.*?)```/s.exec(readFileSync('docs/envelope.md', 'utf8')) ?? [];
  expect(envelopeSchema.safeParse(JSON.parse(json)).error).toBeUndefined();
});
