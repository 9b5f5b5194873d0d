import assert from 'node:assert/strict';
import type { Distro } from '../../model/distro.ts';
import { type Files, type PathPattern, patternSet } from '../layer-files.ts';
import type { NamespaceDetector } from '../namespace-detector.ts';
import type { ListerEvent, PackageLister } from '../package-lister.ts';

/** Files of a layer by path, as text or bytes. */
export type SampleFiles = Readonly<Record<string, string | Uint8Array>>;

/** Files, and the result that a lister must return for them. */
export interface ListerSample {
  readonly files: SampleFiles;
  /** `name version` of every package, in any order. */
  readonly packages: readonly string[];
  /** Number of problems that the lister must report; 0 by default. */
  readonly problems?: number;
}

/** Files, and the result that a detector must return for them. */
export interface DetectorSample {
  readonly files: SampleFiles;
  /** Undefined if the detector does not recognise these files. */
  readonly distro: Distro | undefined;
}

/**
 * Checks the contract of a lister. It must list the packages of the samples, return the same list for the same files, and name only
 * files that it received. It must also end without an error on damaged files. Throws an assertion error on a violation.
 */
export function checkLister(lister: PackageLister, samples: readonly ListerSample[]): void {
  for (const { files, packages, problems = 0 } of samples) {
    const input = filesOf(files);
    assertWanted(lister.wants, input);
    const listed = [...lister.list(input)];
    for (const item of listed) assertKind(item);
    const packageLines = listed.flatMap((item) =>
      item.kind === 'package' ? [`${item.package.name} ${item.package.version}`] : [],
    );
    assert.deepEqual(packageLines.toSorted(), [...packages].sort(), 'the packages of the sample');
    assert.equal(
      listed.filter((item) => item.kind === 'problem').length,
      problems,
      'the problems of the sample',
    );
    assert.deepEqual([...lister.list(input)], listed, 'the same files must give the same list');
    for (const damagedFiles of damaged(input))
      for (const item of lister.list(damagedFiles)) assertWhole(item, damagedFiles);
  }
}

/**
 * Checks the contract of a detector. It must return the distributions of the samples, and must not throw on damaged files. Throws an
 * assertion error on a violation.
 */
export function checkDetector(detector: NamespaceDetector, samples: readonly DetectorSample[]): void {
  for (const { files, distro } of samples) {
    const input = filesOf(files);
    assertWanted(detector.wants, input);
    assert.deepEqual(detector.detect(input), distro, 'the distribution of the sample');
    for (const damagedFiles of damaged(input)) detector.detect(damagedFiles);
  }
}

function filesOf(files: SampleFiles): Files {
  const encoder = new TextEncoder();
  return new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? encoder.encode(content) : content,
    ]),
  );
}

function assertWanted(wants: readonly PathPattern[], files: Files): void {
  const wanted = patternSet(wants);
  for (const path of files.keys())
    assert.ok(wanted.find(path) !== undefined, `no pattern of \`wants\` matches ${path}`);
}

const eventKinds: Readonly<Record<ListerEvent['kind'], true>> = {
  package: true,
  problem: true,
  'no-package': true,
  'read-with': true,
  'owned-files': true,
  diversion: true,
  repositories: true,
};

function assertKind({ kind }: ListerEvent): void {
  const kinds = Object.keys(eventKinds);
  assert.ok(kinds.includes(kind), `the list has an item of the kind ${kind}; use one of ${kinds.join(', ')}`);
}

function assertWhole(item: ListerEvent, files: Files): void {
  assertKind(item);
  assert.ok(files.has(item.path), `the list names ${item.path}, a file that the lister did not receive`);
  if (item.kind === 'package')
    for (const word of [item.package.type, item.package.name, item.package.version])
      assert.match(word, /^[!-~]{1,512}$/, 'type, name and version must be printable ASCII without spaces');
}

/** Damaged variants of the files: truncated, with one byte flipped, filled with one byte, and an empty set. */
function* damaged(files: Files): Generator<Files> {
  for (const [path, content] of files) {
    const withContent = (other: Uint8Array): Files => new Map([...files, [path, other]]);
    const step = Math.max(1, Math.floor(content.length / 64));
    for (let end = 0; end < content.length; end += step) {
      yield withContent(content.slice(0, end));
      const flipped = content.slice();
      flipped[end] = 0xff ^ (content[end] ?? 0);
      yield withContent(flipped);
    }
    for (const byte of [0x00, 0x0a, 0xff]) yield withContent(new Uint8Array(100_000).fill(byte));
  }
  yield new Map();
}
