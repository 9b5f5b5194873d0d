import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../core/limits.ts';
import type { SquashedEvidence } from '../../match/evidence.ts';
import type { Distro } from '../../model/distro.ts';
import type { Coverage } from '../../model/report.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import { evidenceCoverage } from './evidence-coverage.ts';

const debian = { name: 'debian:12', versionScheme: 'dpkg' };

function installed(name: string, namespace: typeof debian | null = debian): ImagePackage {
  return {
    type: 'deb',
    name,
    version: '1',
    purl: `pkg:deb/debian/${name}@1`,
    location: { path: 'var/lib/dpkg/status', layer: null },
    foundBy: 'dpkg',
    lookup: namespace === null ? null : { namespace, name, version: '1' },
  };
}

function covered(status: Coverage['status']): Coverage {
  return { namespace: 'debian:12', status, newestAdvisory: null, fetchedAt: null, reason: null };
}

interface CoverageOptions {
  readonly packages?: readonly ImagePackage[];
  readonly status?: Coverage['status'];
  readonly cut?: readonly [];
}

const distro: Distro = { id: 'debian', versionId: '12', like: [] };

const path = 'usr/lib/node_modules/a/package.json';

function coverage(
  found: readonly SquashedEvidence[],
  { packages = [installed('node-a')], status = 'complete', cut = [] }: CoverageOptions = {},
): Coverage[] {
  return evidenceCoverage({ distro, evidence: { found, cut }, packages, coverage: [covered(status)] });
}

const ofPackage: SquashedEvidence = { kind: 'npm', path, owner: { name: 'node-a', lister: 'dpkg' } };

test('reports count and paths of evidence that no package owns as unsupported', () => {
  assert.deepEqual(coverage([{ kind: 'npm', path }]), [
    {
      namespace: 'npm',
      status: 'unsupported',
      newestAdvisory: null,
      fetchedAt: null,
      reason: `1 npm package is not read, e.g. ${path}`,
      evidence: { count: 1, paths: [path] },
    },
  ]);
});

test('covers evidence that a package of an assessed distribution owns', () => {
  for (const status of ['complete', 'stale'] as const)
    assert.deepEqual(coverage([ofPackage], { status }), []);
});

test('does not cover evidence when its owner is not assessed', () => {
  for (const status of ['missing', 'unsupported'] as const) {
    const [only] = coverage([ofPackage], { status });
    assert.equal(only?.evidence?.count, 1);
    assert.match(only.reason ?? '', /; 1 of them is owned by packages that are not assessed$/);
  }
  assert.equal(coverage([ofPackage], { packages: [installed('node-a', null)] }).length, 1);
  assert.equal(coverage([ofPackage], { packages: [installed('other')] }).length, 1);
  const ofOther: SquashedEvidence = { ...ofPackage, owner: { name: 'node-a', lister: 'rpm' } };
  assert.equal(coverage([ofOther]).length, 1);
});

test('counts a file as read when packages were listed from it', () => {
  const listed = { ...installed('a'), location: { path, layer: null } };
  assert.deepEqual(coverage([{ kind: 'npm', path }], { packages: [listed] }), []);
});

test('counts all evidence and names the first paths', () => {
  const found = Array.from({ length: limits.evidencePaths + 5 }, (_, i) => ({
    kind: 'gem' as const,
    path: `${i}.gemspec`,
  }));
  const [{ reason, evidence } = covered('complete')] = coverage(found);
  assert.equal(reason, '25 Ruby gems are not read, e.g. 0.gemspec');
  assert.deepEqual([evidence?.count, evidence?.paths.length], [25, limits.evidencePaths]);
});

test('reports a minimum count when evidence was truncated, even if it is 0', () => {
  const cut = ['npm'] as const;
  const evidence = { found: [], cut };
  const [only] = evidenceCoverage({ distro: null, evidence, packages: [], coverage: [] });
  assert.equal(only?.status, 'unsupported');
  assert.equal(only.reason, 'npm packages of a layer are too many to count, and not all are read');
  assert.deepEqual(only.evidence, { count: 0, paths: [], truncated: true });
});

test('leaves programs open that a package of another repository owns', () => {
  const docker: SquashedEvidence = {
    kind: 'golang',
    path: 'usr/bin/dockerd',
    owner: { name: 'docker-ce', lister: 'dpkg' },
  };
  const supplier = 'Docker <support@docker.com>';
  const packages = [{ ...installed('docker-ce'), supplier }];
  assert.deepEqual(
    coverage([docker], { packages }).map(({ namespace, reason }) => [namespace, reason]),
    [
      [
        'golang',
        '1 Go program is not read, e.g. usr/bin/dockerd; 1 of them is owned by packages that are not assessed',
      ],
    ],
  );
});

test('leaves a program open if only texts in it name packages', () => {
  const program: SquashedEvidence = { kind: 'cargo', path: 'usr/local/bin/choose' };
  const crate = (evidence: 'build-info' | 'binary-string'): ImagePackage => ({
    ...installed('clap'),
    type: 'cargo',
    location: { path: program.path, layer: null },
    evidence,
  });
  assert.equal(coverage([program], { packages: [crate('binary-string')] }).length, 1);
  assert.equal(coverage([program], { packages: [crate('build-info')] }).length, 0);
  const proven = { ...crate('binary-string'), proof: 'choose 1.0' };
  assert.equal(coverage([program], { packages: [proven] }).length, 0, 'the version of the program itself');
});

test('leaves a program open if only the archive behind it names packages', () => {
  const item = (type: string, location: string): ImagePackage => ({
    ...installed('a'),
    type,
    location: { path: location, layer: null },
  });
  const openKinds = (place: string, ...types: readonly string[]): string[] =>
    coverage([{ kind: 'golang', path: place }], { packages: types.map((type) => item(type, place)) }).map(
      ({ namespace }) => namespace,
    );
  assert.deepEqual(openKinds('opt/a.rar', 'maven'), ['golang']);
  assert.deepEqual(openKinds('opt/a.whl', 'pypi'), ['golang']);
  assert.deepEqual(openKinds('opt/a.whl', 'pypi', 'golang'), []);
});
