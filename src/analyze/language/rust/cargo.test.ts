import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { limits } from '../../../core/limits.ts';
import type { ListedPackage } from '../../../model/package.ts';
import type { ProgramPart } from '../../../plugin/package-lister.ts';
import { cargoLister } from './cargo.ts';

interface Listing {
  readonly packages: string[];
  readonly problems: string[];
}

function list(parts: Readonly<Partial<Record<ProgramPart, Uint8Array | string>>>): Listing {
  const entries = Object.entries(parts).map(
    ([part, content]) => [part as ProgramPart, Buffer.from(content)] as const,
  );
  const listed = [...(cargoLister.listProgram?.('usr/bin/x', new Map(entries)) ?? [])];
  return {
    packages: listed.flatMap((item) => (item.kind === 'package' ? [rowOf(item.package)] : [])),
    problems: listed.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

function rowOf({ name, version, evidence, origin }: ListedPackage): string {
  return [name, version, evidence, origin].filter(Boolean).join(' ');
}

/** Paths in the messages of panics, of which some are not those of a crate. */
const sources = [
  'index.crates.io-6f17d22bba15001f/clap-2.33.1',
  'index.crates.io-6f17d22bba15001f/foo-2-derive-1.0.0-rc.1+build',
  'github.com-1ecc6299db9ec823/regex-syntax-0.6.18',
  'index.crates.io-6f17d22bba15001f/no-version',
].join('\n');
const ofSources = [
  'regex-syntax 0.6.18 binary-string',
  'clap 2.33.1 binary-string',
  'foo-2-derive 1.0.0-rc.1+build binary-string',
];

test('cargo: lists the crates of cargo-auditable without those of the build', () => {
  const packages = [
    { name: 'app', version: '0.1.0', source: 'local', root: true, dependencies: [1] },
    { name: 'ansi_term', version: '0.11.0', source: 'crates.io' },
    { name: 'syn', version: '1.0.17', source: 'crates.io', kind: 'build' },
    { name: 'a b', version: '1.0.0', source: 'git' },
    { name: 'patched', version: '0.4.0', source: 'git' },
    { name: 'internal', version: '2.0.0', source: 'registry' },
  ];
  const data = Buffer.concat([deflateSync(JSON.stringify({ packages })), Buffer.from('more of the file')]);
  assert.deepEqual(list({ 'cargo-audit-data': data, 'cargo-source-paths': sources }), {
    packages: [
      'app 0.1.0 build-info local',
      'ansi_term 0.11.0 build-info',
      'patched 0.4.0 build-info git',
      'internal 2.0.0 build-info',
    ],
    problems: [
      'names the impossible crate "a b 1.0.0"',
      'has crates from Git repositories, which no advisories cover: patched 0.4.0',
    ],
  });
});

test('cargo: lists the crates that texts name if there is no list', () => {
  assert.deepEqual(list({ 'cargo-source-paths': sources }), { packages: ofSources, problems: [] });
});

test('cargo: reports a list that is damaged or too large, and lists what texts name', () => {
  const lists: Readonly<Record<string, Uint8Array>> = {
    'not compressed': Buffer.from('x'),
    'cut short': deflateSync(JSON.stringify({ packages: [] })).subarray(0, 12),
    'a bomb': deflateSync(Buffer.alloc(limits.cargoAuditTextBytes + 1, ' ')),
    'not JSON': deflateSync('{"packages":'),
    'not a list': deflateSync('{"packages":{}}'),
    'no version': deflateSync('{"packages":[{"name":"a"}]}'),
  };
  for (const [name, data] of Object.entries(lists)) {
    const { packages, problems } = list({ 'cargo-audit-data': data, 'cargo-source-paths': sources });
    assert.deepEqual(packages, ofSources, name);
    assert.match(
      problems.join('\n'),
      /^has a list of crates that cannot be read: .*; its crates are not assessed$/,
      name,
    );
  }
});

test('cargo: names some of many crates of Git repositories', () => {
  const packages = Array.from({ length: 7 }, (_, i) => ({ name: `c${i}`, version: '1.0.0', source: 'git' }));
  assert.deepEqual(list({ 'cargo-audit-data': deflateSync(JSON.stringify({ packages })) }).problems, [
    'has crates from Git repositories, which no advisories cover: c0 1.0.0, c1 1.0.0, c2 1.0.0, c3 1.0.0, c4 1.0.0 and 2 more',
  ]);
});
