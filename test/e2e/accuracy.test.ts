import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { corpusTest } from '../../src/testing/corpus.ts';
import { measureListFindings } from '../../tools/accuracy/list-findings.ts';
import { measureFindings } from '../../tools/accuracy/measure.ts';
import { judgeLists, measurePackages } from '../../tools/accuracy/packages.ts';
import { findingRows, listFindingRows, packageRows } from '../../tools/accuracy/page.ts';
import { inCheckout, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** Number of rows that are comparable in the corpus of the page. */
const rowsMin = 15;

/** Returns the cells of a row of a table. */
function cellsOf(row: string): string[] {
  return row.split('|').map((cell) => cell.trim());
}

/** Returns pairs of a measured row and that of the page. A larger corpus has other labels: a row is comparable if it is about the same number. */
function comparableRows(measured: readonly string[]): (readonly [now: string[], before: string[]])[] {
  const page = readFileSync(inCheckout('docs/accuracy.md'), 'utf8').split('\n').map(cellsOf);
  return measured.map(cellsOf).flatMap((now) => {
    const before = page.find(
      (cells) => cells[1] === now[1] && cells[2] === now[2] && cells.length === now.length,
    );
    return before === undefined ? [] : [[now, before] as const];
  });
}

corpusTest(
  'no figure of the page about accuracy gets worse; if one gets better, npm run accuracy',
  async () => {
    const places = { scratch, mirror: corpusMirror() };
    const findings = comparableRows(findingRows(await measureFindings(places)));
    for (const [now, before] of findings) {
      const [found, wrong, oldFound, oldWrong] = [now[3], now[5], before[3], before[5]].map(Number);
      const isNoWorse = Number(found) >= Number(oldFound) && Number(wrong) <= Number(oldWrong);
      assert.ok(isNoWorse, `${now.join(' | ')}, before ${before.join(' | ')}`);
    }
    const lists = judgeLists();
    const ofLists = comparableRows(listFindingRows(measureListFindings(lists, places)));
    for (const [now, before] of ofLists) {
      const [missed, wrong, oldMissed, oldWrong] = [now[4], now[5], before[4], before[5]].map(Number);
      const isNoWorse = Number(missed) <= Number(oldMissed) && Number(wrong) <= Number(oldWrong);
      assert.ok(isNoWorse, `${now.join(' | ')}, before ${before.join(' | ')}`);
    }
    assert.ok(ofLists.length > 0);
    const packages = comparableRows(packageRows(measurePackages(lists)));
    for (const [now, before] of packages) {
      const [found, wrong, oldFound, oldWrong] = [now[3], before[3]]
        .flatMap((cell = '') => cell.split(' +'))
        .map(Number);
      const isNoWorse = Number(found) >= Number(oldFound) && Number(wrong) <= Number(oldWrong);
      assert.ok(isNoWorse, `${now.join(' | ')}, before ${before.join(' | ')}`);
    }
    assert.ok(findings.length + packages.length >= rowsMin, `${findings.length + packages.length} rows`);
  },
);
