import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyzerSubjects } from '../../fuzz/long-runs/analyzers.ts';
import { feedSubjects } from '../../fuzz/long-runs/feeds.ts';
import { insertionPointsOf } from '../../fuzz/long-runs/insert-run.ts';
import { bounds, describe, Judge } from '../../fuzz/long-runs/judge.ts';
import { type Case, measure } from '../../fuzz/long-runs/measure.ts';
import type { Subject } from '../../fuzz/long-runs/subject.ts';

/** Some of the characters that found most defects, at some places; `npm run fuzz:long-runs -- --every` tries all. */
const units = ['(', ' ', '-', '0', '"', "(note: '"];
const placesMax = 25;
const timeout = 300_000;

const kinds = [
  ['feeds', feedSubjects()],
  ['files of images', analyzerSubjects()],
] as const;

for (const [name, subjects] of kinds) {
  test(`reads ${name} unchanged`, async () => {
    for (const subject of subjects) await subject.read(subject.document);
  });

  test(`reads ${name} in linear time when a text in them is a long run of one character`, {
    timeout,
  }, async () => {
    await using judge = new Judge({ ...bounds, deadlineMs: 20_000 });
    const faults: string[] = [];
    for (const wanted of casesOf(subjects)) {
      const fault = await judge.faultOf(wanted);
      if (fault !== undefined) faults.push(`${describe(wanted)}: ${fault}`);
    }
    assert.deepEqual(faults, []);
  });
}

test('distinguishes quadratic work from linear work', async () => {
  const subject = (read: Subject['read']): Subject => ({
    name: 'x',
    kind: 'lister',
    syntax: 'text',
    document: '',
    read,
  });
  const wanted: Case = { subject: 'x', place: 0, unit: '*', characters: 64 * 1024 };
  const allowedMs = bounds.freeMs + bounds.msPerMib / 16;
  const quadratic = await measure(
    subject(async (text) => void /\*+$/.test(`${text}.`)),
    wanted,
  );
  assert.ok(quadratic.ms > allowedMs, `${quadratic.ms} ms`);
  const linear = await measure(
    subject(async (text) => void /^\*+$/.test(`${text}.`)),
    wanted,
  );
  assert.ok(linear.ms < allowedMs, `${linear.ms} ms`);
});

function* casesOf(subjects: readonly Subject[]): Generator<Case> {
  for (const subject of subjects) {
    const places = insertionPointsOf(subject);
    const step = Math.max(1, Math.ceil(places.length / placesMax));
    for (const place of places.filter((_, i) => i % step === 0))
      for (const unit of units) yield { subject: subject.name, place, unit, characters: 64 * 1024 };
  }
}
