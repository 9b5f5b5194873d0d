import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AssessmentOptions, assess, openTarget } from '../../src/cli/assess.ts';
import { openCommandContext } from '../../src/cli/command-context.ts';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import type { Explanation, ExplanationOutcome } from '../../src/model/explanation.ts';
import { explainFinding } from '../../src/service/findings/explain-finding.ts';
import type { ImagePackage } from '../../src/store/image-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { StoredVulnerability } from '../../src/store/vulnerability-store.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

const images = process.env['CLAIR_TEST_IMAGES'];
const skip = images === undefined && process.env['CI'] === undefined ? 'CLAIR_TEST_IMAGES is not set' : false;

const alpine = corpus('images/alpine-minirootfs-3.20.3-x86_64.tar.gz');
const alma = corpus('images/almalinux-8-20230523-s390x-micro.tar.xz');

test('explain agrees with the report about every vulnerability of every package: Debian', { skip }, () =>
  assertAgreement(join(images ?? '', 'docker/debian-layers.tar')),
);
corpusTest('explain agrees with the report about every vulnerability of every package: Alpine', () =>
  assertAgreement(alpine),
);
corpusTest('explain agrees with the report about every vulnerability of every package: AlmaLinux', () =>
  assertAgreement(alma),
);

/**
 * Explains every id and alias of every advisory on any package of the image. Asserts that exactly the reported findings
 * are explained as reported.
 */
async function assertAgreement(target: string): Promise<void> {
  const [mirror, db] = [corpusMirror(), join(scratch, 'explain.db')];
  const options: AssessmentOptions = { mirror, db, loaded: await loadExtensions([], scratch) };
  const { matches, suppressed } = report('scan', target, '--mirror', mirror, '--db', db);
  const pairs = (found: typeof matches): Set<string> =>
    new Set(
      found.map(({ vulnerability: { id }, package: { purl, location } }) => `${id} ${purl} ${location.path}`),
    );
  const expected: Readonly<Record<'reported' | 'suppressed', Set<string>>> = {
    reported: pairs(matches),
    suppressed: pairs(suppressed),
  };
  const explained: Record<ExplanationOutcome, Set<string>> = {
    reported: new Set(),
    suppressed: new Set(),
    'not-reported': new Set(),
    undecided: new Set(),
  };
  {
    const opened = await openTarget(target, options);
    await using context = await openCommandContext(options);
    const { image, report: assessed } = await assess(context, opened, options);
    for (const id of await idsThatName(image.packages, context.store)) {
      const { packages } = await explainFinding({ id }, { image, report: assessed }, context);
      for (const { package: item, outcome, reason } of packages) {
        explained[outcome].add(`${id} ${item.purl} ${item.location.path}`);
        assert.notEqual(reason, '', `${id} ${item.name}`);
      }
    }
  }
  const cves = (pairsOfOutcome: Set<string>): string[] => [...pairsOfOutcome].filter(isOfCve).sort();
  assert.deepEqual(cves(explained.reported), [...expected.reported].filter(isOfCve).sort());
  assert.deepEqual(cves(explained.suppressed), [...expected.suppressed].filter(isOfCve).sort());
  assert.ok(
    explained['not-reported'].size > explained.reported.size / 10,
    `${explained['not-reported'].size} not reported`,
  );
  for (const pair of explained['not-reported']) assert.ok(!expected.reported.has(pair), pair);
}

function isOfCve(pair: string): boolean {
  return pair.startsWith('CVE-');
}

/**
 * Returns the ids and aliases of all current records that name a package of the image, or its source, in its namespace.
 */
async function idsThatName(
  packages: readonly ImagePackage[],
  { vulnerabilities }: Store,
): Promise<Set<string>> {
  const wanted = new Set(packages.flatMap(namesIn));
  const namespaces = new Set(packages.flatMap(({ lookup }) => lookup?.namespace.name ?? []));
  const ids = new Set<string>();
  for (const namespace of namespaces) {
    for await (const { id, aliases, affected } of recordsIn(namespace, vulnerabilities))
      if (affected.some((row) => wanted.has(`${row.namespace.name} ${row.package}`)))
        for (const spelling of [id, ...aliases]) ids.add(spelling);
  }
  return ids;
}

function namesIn({ name, source, lookup }: ImagePackage): string[] {
  if (lookup === null) return [];
  return [name, source?.name ?? name, lookup.name].map((spelling) => `${lookup.namespace.name} ${spelling}`);
}

async function* recordsIn(
  namespace: string,
  vulnerabilities: Store['vulnerabilities'],
): AsyncGenerator<StoredVulnerability> {
  for (let after = 0; ; ) {
    const page = await vulnerabilities.pageByNamespace(namespace, { limit: 5000, after });
    yield* await vulnerabilities.findByNumbers(page.map(({ number }) => number));
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

corpusTest('explains a finding down to the piece of the version that decides', () => {
  const { matches } = report('scan', alpine, '--mirror', corpusMirror());
  const [match] = matches.filter(({ fix }) => fix.state === 'fixed');
  assert.ok(match !== undefined);
  const { vulnerability, package: item } = match;
  const { status, stdout } = clair([
    'explain',
    alpine,
    vulnerability.id,
    item.name,
    '--mirror',
    corpusMirror(),
  ]);
  assert.equal(status, 0);
  const [heading = '', ...lines] = stdout.split('\n');
  assert.equal(heading, `${vulnerability.id} in ${item.name} ${item.version}: reported`);
  for (const label of ['because', 'package', 'found in', 'layer', 'advisory', 'image', 'advisories'])
    assert.ok(
      lines.some((line) => line.startsWith(`${label} `)),
      `${label} in ${stdout}`,
    );
  for (const check of ['namespace', 'source', 'package', 'build', 'state', 'version'])
    assert.match(stdout, new RegExp(`✓ ${check}`));
  assert.match(stdout, / < \S+: .*\[\S+ < \S+\]/);
});

corpusTest('explains what is not reported: another id, another package, a missing package', () => {
  const ask = (...rest: readonly string[]): Explanation => {
    const { status, stdout, stderr } = clair([
      ...['explain', alpine, ...rest, '--mirror', corpusMirror(), '--format', 'json'],
    ]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Explanation;
  };
  const unknown = ask('CVE-1999-99999');
  assert.deepEqual(unknown.packages, []);
  assert.deepEqual(unknown.remarks, ['no loaded advisory has the name CVE-1999-99999']);
  assert.equal(unknown.isKnown, false);
  const absent = ask('CVE-2022-37434', 'openssh');
  assert.ok(absent.remarks.includes('no package openssh is installed in the image'));
  // zlib of Alpine 3.20.3 has the fix.
  const { packages, isKnown } = ask('cve-2022-37434', 'zlib');
  assert.equal(isKnown, true);
  const [zlib] = packages;
  assert.equal(zlib?.outcome, 'not-reported');
  const last = zlib.rows[0]?.checks.at(-1);
  assert.equal(last?.name, 'version');
  assert.equal(last.holds, false);
  assert.deepEqual(
    last.comparisons.map(({ order }) => order),
    ['>'],
  );
});
