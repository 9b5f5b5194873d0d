import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Match } from '../../src/model/report.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { report, scratch } from './clair.ts';
import { completeCases, fill, type Golden, goldenCase, states, targetOf } from './trivy-golden.ts';

for (const name of completeCases) {
  corpusTest(`${name}: the findings are those of a peer with the same advisories`, async () => {
    const peer = goldenCase(name);
    assert.ok(peer.packages_complete);
    const database = join(scratch, `${name}.db`);
    await fill(database, peer);
    const { matches } = report('scan', targetOf(name, peer), '--db', database, '--offline');
    // Rule: language packages are not matched yet.
    const wanted = peer.expected.filter((finding) => finding.class === 'os-pkgs');
    assert.deepEqual(
      matches
        .filter((match) => isShown(match, peer))
        .map(ours)
        .sort(),
      wanted.map(theirs).sort(),
    );
    assert.ok(wanted.length > 0);
  });
}

corpusTest('every case with a complete list was compared', () => {
  const files = readdirSync(corpus('golden/trivy-image'));
  const found = files.filter((file) => {
    return goldenCase(file.replace('.json', '')).packages_complete;
  });
  assert.deepEqual(found.map((file) => file.replace('.json', '')).sort(), completeCases);
});

/** Returns the part of a report that the options of the case select. */
function isShown({ vulnerability }: Match, { options }: Golden): boolean {
  const isSevere = options.severity?.includes(vulnerability.severity.toUpperCase()) ?? true;
  return isSevere && options.ignore_ids?.includes(vulnerability.id) !== true;
}

/** Rule: a missing epoch equals epoch 0. */
function ours({ vulnerability, package: item, fix }: Match): string {
  const fixed = fix.state === 'fixed' ? fix.version.replace(/^0:/, '') : fix.state;
  return `${vulnerability.id} ${item.name} ${item.version} ${fixed}`;
}

function theirs({
  id,
  package: name,
  installed_version,
  fixed_version,
  status,
}: Golden['expected'][number]): string {
  return `${id} ${name} ${installed_version} ${fixed_version || states[status]}`;
}
