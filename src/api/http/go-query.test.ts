import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoQuery } from './go-query.ts';

/** The results of `url.ParseQuery` of Go 1.24. */
const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {},
  '?': {},
  '?limit=2&page=x': { limit: '2', page: 'x' },
  '?limit': { limit: '' },
  '?limit=%zz': {},
  '?limit=%': {},
  '?limit=2;page=x': {},
  '?limit=2&a;b&page=x': { limit: '2', page: 'x' },
  '?%zz=1&limit=2': { limit: '2' },
  '?a=b=c': { a: 'b=c' },
  '?=1': { '': '1' },
  '?&&a=1&': { a: '1' },
  '?a+b=c+d%2B%20e': { 'a b': 'c d+ e' },
  '?name=%C3%BC': { name: 'ü' },
  '?name=\u00c3\u00bc': { name: 'ü' },
  '??a=1': { '?a': '1' },
};

test('parses a query as Go does, and drops pairs with semicolons or invalid escapes', () => {
  for (const [query, expected] of Object.entries(cases))
    assert.deepEqual(Object.fromEntries(parseGoQuery(query)), expected, query);
  assert.deepEqual(parseGoQuery('?a=1&a=2').get('a'), '1');
});
