import assert from 'node:assert/strict';
import type { Distro } from '../../model/distro.ts';
import { type Files, type PathPattern, patternSet } from '../layer-files.ts';
import type { NamespaceDetector } from '../namespace-detector.ts';
import type { ListerEvent, PackageLister } from '../package-lister.ts';

/** Files of a layer by their paths, as text or bytes. */
export type SampleFiles = Readonly<Record<string, string | Uint8Array>>;

/** Files, and what a lister has to make of them. */
export interface ListerSample {
  readonly files: SampleFiles;
  /** `name version` of every package, in any order. */
  readonly packages: readonly string[];
  /** How many problems are told; none unless said. */
  readonly problems?: number;
}

/** Files, and what a detector has to make of them. */
export interface DetectorSample {
  readonly files: SampleFiles;
  /** Undefined where these files say nothing to it. */
  readonly distro: Distro | undefined;
}

/**
 * Whether a lister keeps its contract: it lists what the samples say, tells the same of the same files, speaks of no file that it
 * was not given, and comes to an end without an error on files that are cut, swapped or full of nonsense. Throws an assertion error.
 */
export function checkLister(lister: PackageLister, samples: readonly ListerSample[]): void {
  for (const { files, packages, problems = 0 } of samples) {
    const input = filesOf(files);
    assertWanted(lister.wants, input);
    const listed = [...lister.list(input)];
    const packageLines = listed.flatMap((item) =>
      'package' in item ? [`${item.package.name} ${item.package.version}`] : [],
    );
    assert.deepEqual(packageLines.toSorted(), [...packages].sort(), 'the packages of the sample');
    assert.equal(listed.filter((item) => 'problem' in item).length, problems, 'the problems of the sample');
    assert.deepEqual([...lister.list(input)], listed, 'the same files give the same list');
    for (const damagedFiles of damaged(input))
      for (const item of lister.list(damagedFiles)) assertWhole(item, damagedFiles);
  }
}

/** Whether a detector keeps its contract: likewise. */
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
  for (const path of files.keys()) assert.ok(wanted.find(path) !== undefined, `${path} is not wanted`);
}

function assertWhole(item: ListerEvent, files: Files): void {
  assert.ok(files.has(item.path), `speaks of ${item.path}, a file it was not given`);
  if ('package' in item)
    for (const word of [item.package.type, item.package.name, item.package.version])
      assert.match(word, /^[!-~]{1,512}$/, 'type, name and version are words of printable ASCII');
}

/** The files as nobody wishes them: empty, cut, with a byte changed, and all of one byte. */
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
