import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpus, corpusTest } from '../testing/corpus.ts';
import { baseScore4 } from './cvss4.ts';

/** Lines of a list of the corpus, without comments. */
function lines(list: string): string[] {
  return readFileSync(corpus(`golden/cvss/${list}.list`), 'utf8')
    .split('\n')
    .filter((line) => /^CVSS:/.test(line));
}

/** Threat and environmental metrics change the score of a vector, but not its base score. */
const beyondBase = /\/(E:[PU]|[CIA]R:[ML]|M[A-Z]+:[^X])/;

corpusTest('scores a CVSS 4.0 vector as another implementation does', () => {
  let count = 0;
  for (const line of lines('v4_score')) {
    const [, vector = '', score] = /^(\S+)\s+([\d.]+)/.exec(line) ?? [];
    if (beyondBase.test(vector)) continue;
    assert.equal(baseScore4(vector), Number(score), vector);
    count++;
  }
  assert.equal(count, 34);
});

corpusTest('gives no score to text that is not a CVSS 4.0 vector', () => {
  const [valid = '', ...wrong] = lines('v4_error');
  assert.equal(baseScore4(valid.replace(' #OK', '')), 5.1);
  for (const vector of wrong) assert.equal(baseScore4(vector), undefined, vector);
});

test('scores the base metrics alone when a vector has threat metrics', () => {
  const base = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  assert.equal(baseScore4(base), 7.7);
  assert.equal(baseScore4(`${base}/E:U`), 7.7);
});

test('rounds an exact half up, as decimals do and binary fractions do not', () => {
  // FIRST: 8.6. The mean distance is 0.05, which binary fractions turn into slightly more.
  assert.equal(baseScore4('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:H/SA:H'), 8.6);
});

test('scores 0 without impact, and between 0 and 10 in every step', () => {
  const none = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N';
  assert.equal(baseScore4(none), 0);
  assert.equal(baseScore4(none.replaceAll(/(V[CIA]|S[CIA]):N/g, '$1:H')), 10);
});
