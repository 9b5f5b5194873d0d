import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, PeerComparison } from '../../src/model/comparison.ts';
import { corpus, corpusTest } from '../../src/testing/corpus.ts';
import { clair, scratch } from './clair.ts';
import { languageAdvisories, writeOsvMirror } from './osv-mirror.ts';
import { completeCases, fill, type Golden, goldenCase, targetOf } from './trivy-golden.ts';

/** Findings that Trivy recorded, and the target and the database to compare them with. */
interface RecordedCase {
  readonly target: string;
  readonly database: string;
  readonly expected: readonly RecordedFinding[];
  /** Findings that Trivy has and does not count. */
  readonly hidden: readonly RecordedFinding[];
  /** Options of Clair that correspond to those of Trivy. */
  readonly options?: readonly string[];
}

interface RecordedFinding
  extends Pick<
    Golden['expected'][number],
    'id' | 'package' | 'installed_version' | 'fixed_version' | 'severity' | 'class' | 'type'
  > {
  readonly vendor_ids?: readonly string[] | undefined;
  readonly path?: string | null | undefined;
  readonly target?: string | undefined;
  readonly purl?: string | undefined;
}

/** Compares a case with a report as Trivy writes it, with `--show-suppressed` for hidden findings. */
function compareCase({ target, database, expected, hidden, options = [] }: RecordedCase): PeerComparison {
  const resultOf = ([first, ...others]: readonly RecordedFinding[]): object => ({
    Target: first?.target ?? 'image',
    Class: first?.class,
    Type: first?.type,
    Vulnerabilities: [first, ...others].flatMap((one) =>
      one && expected.includes(one) ? [vulnerabilityOf(one)] : [],
    ),
    ExperimentalModifiedFindings: [first, ...others].flatMap((one) =>
      one && hidden.includes(one)
        ? [{ Type: 'vulnerability', Status: 'ignored', Finding: vulnerabilityOf(one) }]
        : [],
    ),
  });
  const groups = Map.groupBy([...expected, ...hidden], (one) =>
    JSON.stringify([one.class, one.type, one.target]),
  );
  const document = {
    SchemaVersion: 2,
    ArtifactName: 'image',
    Results: Array.from(groups.values(), resultOf),
  };
  const file = join(scratch, 'golden.json');
  writeFileSync(file, JSON.stringify(document));
  const run = clair([
    ...['compare', target, '--with', file, '--format', 'json'],
    ...['--db', database, '--offline', ...options],
  ]);
  assert.equal(run.status, 0, run.stderr);
  const [comparison] = (JSON.parse(run.stdout) as Comparison).peers;
  assert.ok(comparison);
  return comparison;
}

function vulnerabilityOf(finding: RecordedFinding): object {
  return {
    VulnerabilityID: finding.id,
    VendorIDs: finding.vendor_ids,
    PkgName: finding.package,
    PkgPath: finding.path,
    PkgIdentifier: { PURL: finding.purl },
    InstalledVersion: finding.installed_version,
    FixedVersion: finding.fixed_version,
    Severity: finding.severity,
  };
}

/** Returns a database with the advisories of language packages, which are the same in all cases. */
function languageDatabase(): string {
  const database = join(scratch, 'golden-languages.db');
  if (existsSync(database)) return database;
  const mirror = join(scratch, 'golden-osv');
  writeOsvMirror(mirror, languageAdvisories(goldenCase('busybox-with-lockfile')));
  // A package of each ecosystem makes Clair load its advisories.
  const types = [
    'npm',
    'pypi',
    'golang',
    'maven',
    'composer',
    'nuget',
    'swift',
    'cargo',
    'pub',
    'hex',
    'gem',
  ];
  const sbom = writeSbom(
    'ecosystems',
    types.map((type) => ({ name: 'none', purl: `pkg:${type}/a/none@1.0.0` })),
  );
  const run = clair(['scan', sbom, '--db', database, '--mirror', mirror, '--no-lookups']);
  assert.ok(run.status === 0 || run.status === 4, run.stderr);
  return database;
}

function writeSbom(
  name: string,
  packages: readonly { readonly name: string; readonly purl: string }[],
): string {
  const components = packages.map((item) => ({ type: 'library', ...item }));
  const file = join(scratch, `${name}.cdx.json`);
  writeFileSync(file, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components }));
  return file;
}

/** Returns a recorded scan of an image. Its list of packages stands for an image that is not to be had. */
async function imageCase(name: string): Promise<RecordedCase> {
  const peer = goldenCase(name);
  const database = join(scratch, `golden-${name}.db`);
  copyFileSync(languageDatabase(), database);
  await fill(database, peer);
  const isImage =
    peer.rebuilt_image !== undefined || peer.real_image !== undefined || completeCases.includes(name);
  // Only packages of the distribution are in these images.
  const expected = peer.expected.filter((finding) => !isImage || finding.class === 'os-pkgs');
  const packages = (peer.packages as { readonly name: string; readonly purl: string }[]).map((item) => ({
    ...item,
    // The list has no source packages. Advisories of Debian name them.
    purl: item.name === 'libidn2-0' ? `${item.purl}&upstream=libidn2` : item.purl,
  }));
  const hidden = goldenCase('alpine-39').expected.filter(({ id }) => peer.options.ignore_ids?.includes(id));
  return { target: isImage ? targetOf(name, peer) : writeSbom(name, packages), database, expected, hidden };
}

const excluded = ['--exclude', 'submod2'];
/** Options that correspond to those of Trivy. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  'gomod-with-fs-subcommand': excluded,
  'gomod-with-skip-dirs': excluded,
  'gomod-with-skip-files': excluded,
};

/** A recorded scan of a source tree. `target` of a package is its file. */
interface RecordedTree {
  readonly packages: readonly { readonly name: string; readonly target: string }[];
  readonly expected: readonly RecordedFinding[];
}

/** Returns a recorded scan of a source tree. */
function treeCase(name: string): RecordedCase {
  const read = (of: string): readonly RecordedFinding[] => {
    const text = readFileSync(corpus(`golden/trivy-repo/${of}/case.json`), 'utf8');
    const recorded = JSON.parse(text) as RecordedTree;
    return recorded.expected.map((finding) => ({
      ...finding,
      target: recorded.packages.find((item) => item.name === finding.package)?.target,
    }));
  };
  const expected = read(name);
  // A VEX repository suppresses what the same tree has without it.
  const hidden = name.includes('vex')
    ? read('gomod-in-series').filter(
        (finding) => !expected.some((one) => one.id === finding.id && one.package === finding.package),
      )
    : [];
  return {
    target: `dir:${corpus(`golden/trivy-repo/${name}/input`)}`,
    database: languageDatabase(),
    expected,
    hidden,
    options: optionsOf[name] ?? [],
  };
}

corpusTest(
  'explains each difference from all recorded findings of Trivy with the same advisories',
  async () => {
    const images = readdirSync(corpus('golden/trivy-image')).map((file) => file.replace('.json', ''));
    const cases: [string, RecordedCase][] = [];
    // The list of this case is empty.
    for (const name of images.filter((one) => one !== 'sl-micro-rancher5.4'))
      cases.push([name, await imageCase(name)]);
    for (const name of readdirSync(corpus('golden/trivy-repo'))) cases.push([name, treeCase(name)]);
    const unexplained: string[] = [];
    let agreed = 0;
    for (const [name, recorded] of cases) {
      const comparison = compareCase(recorded);
      if (process.env['ZZ'])
        console.log(
          name,
          comparison.agreed,
          comparison.rules.map((r) => `${r.id} ${r.count}`),
          recorded.expected.length,
          JSON.stringify(
            comparison.differences.map((d) => [
              d.reportedBy,
              d.id,
              d.package.name,
              d.package.version,
              d.rule,
              d.detail,
            ]),
          ),
        );
      agreed += comparison.agreed;
      for (const { rule, reportedBy, id, package: item } of comparison.differences)
        if (rule === 'unexplained')
          unexplained.push(`${name}: ${reportedBy} ${item.name} ${item.version} ${id}`);
    }
    assert.deepEqual(unexplained, []);
    assert.ok(agreed > 0);
  },
);
