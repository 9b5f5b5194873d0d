import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine } from './csv.ts';

test('quotes a CSV cell when it contains a comma or a quote, and escapes line breaks', () => {
  assert.equal(csvLine(['a', 'b,c', 'd"e', 'f\ng', '']), 'a,"b,c","d""e",f\\x0ag,');
});

test('disarms a CSV cell when a spreadsheet would run it as a formula', () => {
  assert.equal(csvLine(['=1+1', '+1', '-1', '@SUM(A1)']), `'=1+1,'+1,'-1,'@SUM(A1)`);
  assert.equal(csvLine(['\t=1', '\r=1']), `'\\x09=1,'\\x0d=1`);
  assert.equal(csvLine(['=HYPERLINK("http://a","b")']), `"'=HYPERLINK(""http://a"",""b"")"`);
});
