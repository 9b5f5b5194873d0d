/** Package managers of Node.js. They contain their dependencies, which only an upgrade of the package manager replaces. */
const packageManagers = ['npm', 'corepack', 'yarn'];

const modules = 'node_modules';

/** The manifests at the roots of packages: one name, or a scope and a name, below `node_modules`. */
export const manifestsOfPackages = ['**/node_modules/*/package.json', '**/node_modules/@*/*/package.json'];

/** Manifests in the cache of Deno, from which programs load packages: `npm/registry.npmjs.org/chalk/5.3.0/package.json`. */
export const manifestsOfDeno = [
  '**/registry.npmjs.org/*/*/package.json',
  '**/registry.npmjs.org/@*/*/*/package.json',
];

/** A directory in the cache of Yarn 1, which unpacks each package once: `.cache/yarn/v6/npm-ms-2.0.0-4608eeac-integrity`. */
const cacheOfYarn = /(?:^|\/)yarn\/v\d+\/npm-[^/]+\/node_modules\//;

/** Returns whether a package is in a cache that programs do not load packages from. */
export function isInCache(path: string): boolean {
  return cacheOfYarn.test(path);
}

/** A package that contains others. */
export interface Bundler {
  readonly name: string;
  /** Path of its manifest. */
  readonly manifest: string;
}

/** Returns the package manager that contains the package at a path. Undefined for packages that are installed by themselves. */
export function bundlerOf(path: string): Bundler | undefined {
  const names = path.split('/');
  const at = names.findIndex(
    (name, i) => packageManagers.includes(name) && names[i - 1] === modules && names.indexOf(modules, i) > i,
  );
  const name = names[at];
  return name === undefined
    ? undefined
    : { name, manifest: [...names.slice(0, at + 1), 'package.json'].join('/') };
}

const fixtureDirectories: ReadonlySet<string> = new Set([
  'test',
  'tests',
  '__tests__',
  'fixtures',
  '__fixtures__',
]);

/** Returns whether a path is of test data within an installed package. */
export function isFixture(path: string): boolean {
  const names = path.split('/');
  const [first, last] = [names.indexOf(modules), names.lastIndexOf(modules)];
  const isPackage = (i: number): boolean =>
    names[i - 1] === modules || (names[i - 2] === modules && names[i - 1]?.startsWith('@') === true);
  return names.some((name, i) => i > first && i < last && fixtureDirectories.has(name) && !isPackage(i));
}
