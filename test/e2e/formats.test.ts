import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reportValidators } from '../../src/testing/report-validators.ts';
import { reportsInAllFormats } from './all-formats.ts';
import { clair, inCheckout, scratch } from './clair.ts';

const place = ['--db', join(scratch, 'formats.db'), '--mirror', inCheckout('examples/mirror')];
const image = inCheckout('examples/image.tar');

for (const [format, problems] of Object.entries(reportValidators)) {
  test(`clair scan --format ${format} writes a valid report, the same each time`, () => {
    const first = clair(['scan', image, ...place, '--format', format]);
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(problems(JSON.parse(first.stdout)), []);
    assert.match(first.stdout, /CVE-2024-5535/);
    // With the same advisories: fetching them again would change their fetch time.
    const second = clair([
      'scan',
      image,
      '--db',
      join(scratch, 'formats.db'),
      '--offline',
      '--format',
      format,
    ]);
    assert.equal(second.stdout, first.stdout);
  });
}

for (const format of ['cyclonedx', 'spdx'] as const) {
  test(`clair sbom --format ${format} writes a valid inventory`, () => {
    const { status, stdout, stderr } = clair(['sbom', image, '--format', format]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(reportValidators[format](JSON.parse(stdout)), []);
    assert.match(stdout, /pkg:apk\/alpine\/redis@/);
    assert.doesNotMatch(stdout, /CVE-/);
  });
}

test('lists every vulnerability in every format', () => {
  for (const [format, text] of reportsInAllFormats(image, ...place))
    for (const id of ['CVE-2023-42364', 'CVE-2024-5535', 'CVE-2024-31449'])
      assert.ok(text.includes(id), `${format}: ${id}`);
});

test('reads a user template before the image', () => {
  const template = join(scratch, 'summary.md');
  writeFileSync(template, '{{#bySeverity}}{{count}} {{severity}}{{/bySeverity}}; {{{words.verdict}}}\n');
  const output = join(scratch, 'summary.txt');
  const args = ['scan', image, ...place, '--only-fixed', '--format', `template=${template}`];
  assert.equal(clair([...args, '--output', output]).status, 0);
  assert.equal(readFileSync(output, 'utf8').split(';')[0], '1 High6 Medium4 Low2 Unknown');
  writeFileSync(template, '{{#matches}}');
  const refused = clair(['scan', 'nowhere.tar', '--format', `template=${template}`]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /The template cannot be used: Unclosed section "matches"/);
});
