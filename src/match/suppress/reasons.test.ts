import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VexStatement } from '../../model/suppression.ts';
import { ruleReason, statementReason } from './decide.ts';

const statement: VexStatement = {
  ids: ['CVE-2024-1'],
  products: [],
  status: 'not_affected',
  document: { place: 'vex.json', id: 'https://vex.example/1', author: 'Example Ltd' },
};

test('a rule states its place, its reason and its last day', () => {
  const rule = { place: '.clairignore.yaml:2', reason: 'we live with it' };
  assert.equal(ruleReason(rule), 'ignored by .clairignore.yaml:2: we live with it');
  assert.equal(
    ruleReason({ ...rule, expires: '2026-12-31' }),
    'ignored by .clairignore.yaml:2 until 2026-12-31: we live with it',
  );
});

test('a statement states its author, and its time and reason if known', () => {
  const said = 'says Example Ltd (https://vex.example/1';
  assert.equal(statementReason(statement), `not affected, ${said})`);
  assert.equal(statementReason({ ...statement, status: 'fixed', words: '' }), `fixed, ${said})`);
  assert.equal(
    statementReason({ ...statement, time: '2024-05-01T10:00:00Z', justification: 'component_not_present' }),
    `not affected, ${said} of 2024-05-01): component not present`,
  );
  assert.equal(
    statementReason({ ...statement, words: 'never called' }),
    `not affected, ${said}): never called`,
  );
});
