import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  appImage,
  differencesFrom,
  expectedImage,
  missingFindings,
  unnamedPaths,
} from '../../src/testing/app-images.ts';
import { corpusTest } from '../../src/testing/corpus.ts';
import { report, scratch } from './clair.ts';
import { corpusMirror } from './mirror.ts';

/** The types whose packages are listed, by image of `corpus/apps`. */
const images: Readonly<Record<string, readonly string[]>> = {
  'node-app': ['npm'],
  'go-bins': ['golang'],
  'rust-mixed': ['cargo'],
  'node-bundle': ['npm', 'golang'],
  'node-next': ['npm'],
  'node-yarn': ['npm'],
  dotnet: ['nuget', 'pypi'],
  'php-composer': ['composer'],
  'python-uv': ['pypi'],
  'python-web': ['pypi'],
  'ruby-gems': ['gem'],
  'traps-a': ['npm', 'pypi', 'gem', 'composer', 'maven', 'nuget', 'hex'],
  'mixed-debian': ['npm', 'pypi', 'gem', 'composer', 'golang', 'cargo'],
  'jvm-fat': ['maven'],
  'jvm-jib': ['maven'],
  'jvm-shaded': ['maven'],
  'r-cran': ['cran'],
  'elixir-release': ['hex', 'otp'],
  'binaries-a': ['generic'],
};

for (const [name, types] of Object.entries(images))
  corpusTest(`lists the packages of ${name} as its package managers state them`, () => {
    const expected = expectedImage(name);
    const listed = report('sbom', appImage(name), '--db', ':memory:');
    assert.deepEqual(differencesFrom(expected, listed, types), []);
    assert.deepEqual(unnamedPaths(expected, listed), []);
  });

for (const [name, types] of Object.entries(images))
  corpusTest(`finds what another matcher finds in the packages of ${name}`, () => {
    const scanned = report(
      'scan',
      appImage(name),
      '--mirror',
      corpusMirror(),
      '--db',
      join(scratch, 'apps.db'),
    );
    assert.deepEqual(missingFindings(name, scanned, types), []);
  });
