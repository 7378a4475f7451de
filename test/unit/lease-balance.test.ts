import { beforeEach, expect, test } from 'vitest';
import { LAPSES_AFTER_MS, type LeaseBalance, leaseBalance } from '../../agent/limits/lease-balance.ts';

let balance: LeaseBalance;
beforeEach(() => {
  balance = leaseBalance();
});
/** Takes one millisecond after the other. */
function takeAll(nowMs: number): number {
  let ms = 0;
  while (balance.take(1, nowMs)) ms += 1;
  return ms;
}

test('a lease can be used from its start on, and until it lapses', () => {
  balance.add(100, 20);
  expect(balance.take(1, 99)).toBe(false);
  expect(balance.nextStartMs(99)).toBe(100);
  expect(balance.take(5, 100)).toBe(true);
  expect(balance.take(5, 99 + LAPSES_AFTER_MS)).toBe(true);
  expect(balance.take(1, 100 + LAPSES_AFTER_MS)).toBe(false);
  expect(balance.nextStartMs(100)).toBeUndefined();
});

test('leases are used together, and each lapses at its own time', () => {
  balance.add(0, 10);
  balance.add(3_000, 10);
  expect(balance.aheadMs(0)).toBeCloseTo(20);
  expect(balance.take(12, 3_000)).toBe(true);
  balance.add(4_000, 10);
  expect(takeAll(2_999 + LAPSES_AFTER_MS)).toBe(18);
  balance.add(9_000, 10);
  expect(takeAll(9_000 + LAPSES_AFTER_MS)).toBe(0);
});

test('a thousand small calls fit in a lease of their sum', () => {
  balance.add(0, 100);
  for (let call = 0; call < 1_000; call++) expect(balance.take(0.1, 0)).toBe(true);
});

test('what is owed is paid from the next leases, and then forgotten', () => {
  balance.add(0, 10);
  balance.correct(25, 0);
  expect(balance.aheadMs(0)).toBeCloseTo(-15);
  expect(balance.take(0, 0)).toBe(false);
  balance.add(50, 20);
  expect(takeAll(50)).toBe(5);
  balance.correct(1e9, 60);
  expect(balance.aheadMs(60)).toBeCloseTo(-60_000);
});

test('credit pays what is owed first, and fills the latest lease up to what it was', () => {
  balance.add(0, 10);
  balance.correct(12, 0);
  balance.correct(-5, 0);
  expect(takeAll(0)).toBe(3);
  balance.add(100, 10);
  balance.take(7, 100);
  balance.correct(-5, 200);
  expect(takeAll(200)).toBe(8);
  balance.correct(-500, 300);
  expect(takeAll(300)).toBe(10);
});

test('credit is lost without a lease in force', () => {
  balance.correct(-500, 0);
  expect(takeAll(0)).toBe(0);
});

test('a dropped balance has no leases left, and owes what it did', () => {
  balance.add(0, 10);
  balance.correct(12, 0);
  balance.add(0, 10);
  balance.correct(12, 0);
  balance.drop();
  expect(balance.aheadMs(0)).toBeCloseTo(-4);
});
