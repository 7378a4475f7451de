// Covers: agent/launch-time.ts
import { expect, test } from 'vitest';
import type { OwnTask } from '../../agent/ecs-endpoints.ts';
import { launchedAtMs } from '../../agent/launch-time.ts';

const PULLED_AT_MS = 100_000;
const ACCEPTED_AT_MS = 40_000;

function launchOf(place: OwnTask['place'], readCreation = async () => ACCEPTED_AT_MS) {
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };
  const identity = { id: 'agent', revision: 'agents:1', launchedAtMs: PULLED_AT_MS };
  return {
    launchedAtMs: launchedAtMs({ identity, cluster: 'agents', place }, { readCreation, log }),
    warnings,
  };
}

test('the wait for an instance is part of the start-up of an agent', async () => {
  expect(await launchOf('instance').launchedAtMs).toBe(ACCEPTED_AT_MS);
  expect(await launchOf('fargate').launchedAtMs).toBe(PULLED_AT_MS);
});

test('an agent starts even if ECS does not say when it accepted it', async () => {
  const denied = launchOf('instance', async () => {
    throw new Error('not authorized to perform: ecs:DescribeTasks');
  });
  expect(await denied.launchedAtMs).toBe(PULLED_AT_MS);
  expect(denied.warnings).toEqual(['the wait for an instance is unknown']);
});
