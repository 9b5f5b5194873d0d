/**
 * Measures precision and recall on the labelled packages of the corpus, lists of language packages, and the findings to which these lead. Writes
 * `docs/accuracy.md`.
 *
 *     npm run accuracy
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { corpus } from '../src/testing/corpus.ts';
import { measureListFindings } from './accuracy/list-findings.ts';
import { measureFindings } from './accuracy/measure.ts';
import { judgeLists, measurePackages } from './accuracy/packages.ts';
import { accuracyPage } from './accuracy/page.ts';

const scratch = mkdtempSync(join(tmpdir(), 'clair-accuracy-'));
try {
  const mirror = join(scratch, 'mirror');
  execFileSync('bash', [corpus('make-mirror.sh'), mirror, corpus('.')], { stdio: 'pipe' });
  const places = { scratch, mirror };
  const lists = judgeLists();
  const page = accuracyPage({
    findings: await measureFindings(places),
    packages: measurePackages(lists),
    listFindings: measureListFindings(lists, places),
  });
  writeFileSync(resolve(import.meta.dirname, '../docs/accuracy.md'), page);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
