import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusTest } from '../../src/testing/corpus.ts';
import {
  findingsOfPurls,
  type LanguageLabel,
  labelledPurl,
  languageLabels,
  reasonOfLabel,
} from '../../tools/accuracy/labels.ts';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

corpusTest(
  'agrees with findings of language packages that were judged by hand, or a rule explains why not',
  () => {
    const labels = languageLabels(corpusMirror());
    const found = findingsOfPurls(labels.map(labelledPurl), (sbom) => {
      const file = join(scratch, 'labels.cdx.json');
      writeFileSync(file, JSON.stringify(sbom));
      return report('scan', file, '--mirror', corpusMirror(), '--db', join(scratch, 'labels.db'));
    });
    const isFound = (label: LanguageLabel): boolean =>
      found.has(`${labelledPurl(label)} ${label.vulnerability_id}`);
    const differing = labels.filter((one) => one.label !== '??' && isFound(one) !== (one.label === 'TP'));
    assert.deepEqual(
      differing
        .filter((one) => reasonOfLabel(one) === undefined)
        .map((one) => `${one.label} ${one.vulnerability_id} ${one.name} ${one.package.version}`),
      [],
    );
    assert.ok(labels.filter((one) => one.label === 'TP' && isFound(one)).length > 300);
  },
);
