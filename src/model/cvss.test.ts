import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { corpus, corpusTest } from '../testing/corpus.ts';
import { baseScore, cvssSeverity, toCvssVector } from './cvss.ts';

test('gives no score to text that is not a vector of a known version', () => {
  const vectors = [
    '',
    'CVSS:3.1',
    'CVSS:3.1/AV:N',
    'UNKNOWN',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:constructor',
  ];
  for (const vector of vectors) assert.equal(baseScore(vector), undefined, vector);
  assert.equal(baseScore('CVSS:4.1/AV:N/AC:L/AT:N/PR:H/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N'), undefined);
});

test('ignores a slash at the end of a vector', () => {
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  assert.deepEqual(toCvssVector('nvd', `${vector}/`), { source: 'nvd', vector, score: 9.8 });
  assert.deepEqual(toCvssVector('nvd', 'odd'), { source: 'nvd', vector: 'odd' });
});

test('maps scores to the severity bands of the specification', () => {
  const bands: [number, string][] = [
    [0, 'Negligible'],
    [0.1, 'Low'],
    [3.9, 'Low'],
    [4, 'Medium'],
    [6.9, 'Medium'],
    [7, 'High'],
    [8.9, 'High'],
    [9, 'Critical'],
    [10, 'Critical'],
  ];
  for (const [score, severity] of bands) {
    assert.equal(cvssSeverity({ source: '', vector: 'CVSS:3.1/…', score }), severity);
  }
  assert.equal(cvssSeverity({ source: '', vector: 'AV:N/AC:L/Au:N/C:C/I:C/A:C', score: 10 }), 'High');
  assert.equal(cvssSeverity({ source: '', vector: 'CVSS:4.0/…' }), 'Unknown');
});

corpusTest('gives the scores of another implementation', () => {
  let count = 0;
  for (const list of ['v2_score', 'v30_score', 'v31_score']) {
    for (const line of readFileSync(corpus(`golden/cvss/${list}.list`), 'utf8').split('\n')) {
      const [, vector = '', score] = /^(\S+)\s+([\d.]+)/.exec(line) ?? [];
      // The reference includes temporal and environmental metrics in its score.
      if (vector === '' || /\/(E|RL|RC|CDP|M[A-Z]+|CR):/.test(vector)) continue;
      assert.equal(baseScore(vector), Number(score), vector);
      count++;
    }
  }
  assert.equal(count, 68);
});
