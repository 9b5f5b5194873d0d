import type { PeerPackage } from '../../model/peer-report.ts';

/** Scanners whose lists of packages these rules know. Grype lists what Syft lists. */
export type ListingScanner = 'syft' | 'trivy' | 'osv-scanner';

/** A package that only one of two lists has. */
export interface PackageDifference {
  /** Undefined for another scanner. */
  readonly peer: ListingScanner | undefined;
  readonly listedBy: 'clair' | 'peer';
  readonly package: PeerPackage;
}

/** The list that lacks the package, for a rule. */
export interface PackageContext {
  /** The packages of the other list. */
  readonly others: readonly PeerPackage[];
  /** Paths that the report of Clair names as not assessed. */
  readonly unread: ReadonlySet<string>;
}

/** Why a package is in only one of the lists of Clair and of a peer. */
export interface PackageRule {
  readonly id: string;
  readonly reason: string;
  /** True if the rule explains the difference. The first such rule counts. */
  applies(difference: PackageDifference, context: PackageContext): boolean;
}

/** Rules for packages that only Clair lists. */
const onlyClair: readonly PackageRule[] = [
  clairRule(
    'owned-left-out',
    'The other scanner leaves out packages that the distribution owns.',
    ({ owner }) => Boolean(owner),
  ),
  clairRule(
    'other-coordinates',
    'The other scanner names a wrong group, or none: it guesses it from the manifest or the name of the file.',
    (found, { others }) => found.type === 'maven' && others.some((other) => isSameArtifact(found, other)),
  ),
  clairRule(
    'case-of-npm',
    'The other scanner writes all names in lower case. Names of npm differ by case.',
    (found, { others }) =>
      found.type === 'npm' &&
      others.some(
        ({ type, name }) => type === 'npm' && name !== found.name && name === found.name.toLowerCase(),
      ),
  ),
  clairRule('vendor-list', 'The other scanner does not read `pip/_vendor/vendor.txt`.', ({ paths }) =>
    everyPath(paths, (path) => path.endsWith('/pip/_vendor/vendor.txt')),
  ),
  clairRule(
    'yarn-cache',
    'No other scanner opens the zip caches of Yarn.',
    ({ type, paths }) =>
      type === 'npm' && everyPath(paths, (path) => /\/\.yarn\/(?:berry\/)?cache\/[^/]+\.zip!\//.test(path)),
  ),
  clairRule(
    'python-archive',
    'The other scanner does not open this archive of Python.',
    ({ type, paths }) => type === 'pypi' && everyPath(paths, (path) => /\.(?:whl|egg|pex|pyz)!\//.test(path)),
  ),
  clairRule(
    'replaced-by-composer',
    'The other scanner does not list packages that another one replaces.',
    (found) => found.type === 'composer' && found.evidence === 'vendored',
  ),
  clairRule(
    'erlang-applications',
    'No other scanner reads the resource files of Erlang applications, or releases.',
    ({ paths }) => everyPath(paths, (path) => /\.(?:app|rel)$/.test(path)),
  ),
  clairRule(
    'shared-framework',
    'Other scanners list the content of a shared framework of .NET under names that no advisory uses.',
    ({ type, name }) =>
      type === 'nuget' && /^Microsoft\.(?:NETCore|AspNetCore|WindowsDesktop)\.App\.Runtime\./i.test(name),
  ),
  clairRule(
    'main-module',
    'The other scanner knows no version of the main module, or of a module in a directory, or writes none.',
    ({ type, name, version }, { others }) =>
      type === 'golang' && (version === '(devel)' || others.some((other) => other.name === name)),
  ),
  clairRule(
    'texts-of-program',
    'No other scanner reads the texts of Rust programs.',
    ({ type, evidence }) => type === 'cargo' && evidence === 'binary-string',
  ),
  clairRule(
    'form-of-version',
    'The other scanner knows the version of Redis only beside the host of the build, as images of Docker have it.',
    ({ type, name }) => type === 'generic' && name === 'redis',
  ),
  ...unreadBy('osv-scanner', {
    npm: 'It reads only `node_modules/.package-lock.json`, which npm alone writes.',
    gem: 'It reads no specifications of gems in images.',
    composer: 'It does not read `installed.json` in images.',
    nuget: 'It does not read `deps.json` in images.',
    cran: 'It does not read `DESCRIPTION`.',
    generic: 'It reads no versions in programs.',
  }),
  ...unreadBy('trivy', {
    maven: 'Without `pom.properties`, it needs its Java database.',
    cran: 'It does not read `DESCRIPTION`.',
    generic: 'It reads no versions in programs.',
  }),
];

/** Rules for packages that only a peer lists. */
const onlyPeer: readonly PackageRule[] = [
  peerRule(
    'experiment',
    'Names of experiments in the version of Go are not a part of the release.',
    ({ type, name, version }) => type === 'golang' && name === 'stdlib' && version.includes('-X:'),
  ),
  peerRule(
    'program-of-distribution',
    'The distribution owns the program, and its advisories decide.',
    ({ type, paths }) => type === 'golang' && everyPath(paths, (path) => path.startsWith('/usr/bin/')),
  ),
  peerRule(
    'without-version',
    'A manifest without a version is no package of the registry.',
    ({ version }) => version === '' || version === '(devel)',
  ),
  peerRule('of-the-project', 'A package of the project itself is not one of the registry.', ({ version }) =>
    /^(?:workspace|file|link|portal):/.test(version),
  ),
  peerRule(
    'lock-file',
    'Lock files and manifests say what was requested, not what is installed.',
    ({ paths }) => paths.some((path) => lockFile.test(path)),
  ),
  peerRule(
    'outside-vendor',
    'An `installed.json` outside `vendor/composer` is not the list of an installation.',
    ({ type, paths }) =>
      type === 'composer' &&
      everyPath(
        paths,
        (path) => /(?:^|\/)installed\.json$/.test(path) && !path.endsWith('/vendor/composer/installed.json'),
      ),
  ),
  peerRule('claimed', 'A document in the image claims the package. Its files do not show it.', ({ paths }) =>
    paths.some((path) => path === '/' || /\.(?:cdx|spdx)\.json$/.test(path)),
  ),
  peerRule(
    'placeholder',
    '`UNKNOWN` stands for a missing name.',
    ({ type, name }) => type === 'pypi' && name.toLowerCase() === 'unknown',
  ),
  peerRule('test-data', 'Test data and examples within a package are not installed.', ({ paths }) =>
    everyPath(paths, (path) =>
      /\/(?:tests?|__tests__|fixtures|__fixtures__|examples?|tinytest)\//.test(path),
    ),
  ),
  peerRule(
    'owned-by-debian',
    'Only packages of Debian use this directory. They are listed, and its advisories decide.',
    ({ paths }) => everyPath(paths, (path) => /^\/usr\/share\/(?:nodejs|java)\//.test(path)),
  ),
  peerRule(
    'application',
    'A manifest outside `node_modules` is that of an application.',
    ({ type, paths }) => type === 'npm' && everyPath(paths, (path) => !path.includes('/node_modules/')),
  ),
  peerRule(
    'within-package',
    'A manifest below the root of a package is a part of that package.',
    ({ type, paths }) => type === 'npm' && everyPath(paths, (path) => !packageRoot.test(path)),
  ),
  peerRule(
    'case-of-npm',
    'The other scanner writes all names in lower case. Names of npm differ by case.',
    (found, { others }) =>
      found.type === 'npm' &&
      others.some(
        ({ type, name }) => type === 'npm' && name !== found.name && name.toLowerCase() === found.name,
      ),
  ),
  peerRule(
    'not-built',
    'R did not install the package: it is a source tree within another one, or outside a library.',
    (found) =>
      found.type === 'cran' &&
      everyPath(found.paths, (path) => !/\/(?:site-)?library\/[^/]+\/DESCRIPTION$/.test(path)),
  ),
  peerRule(
    'shared-framework',
    'Clair lists the shared framework of .NET under the name that advisories use.',
    (found) =>
      found.type === 'nuget' &&
      everyPath(found.paths, (path) => /\/shared\/([^/]+)\/[^/]+\/\1\.deps\.json$/.test(path)),
  ),
  peerRule(
    'project',
    'The project that a `deps.json` describes is the application itself.',
    ({ type, name, paths }) =>
      type === 'nuget' &&
      everyPath(paths, (path) => path.toLowerCase().endsWith(`/${name.toLowerCase()}.deps.json`)),
  ),
  peerRule(
    'other-coordinates',
    'The other scanner names a wrong group, or none: it guesses it from the manifest or the name of the file.',
    (found, { others }) => found.type === 'maven' && others.some((other) => isSameArtifact(found, other)),
  ),
  peerRule(
    'not-assessed',
    'Clair cannot identify the file. Its report names it as not assessed.',
    ({ paths }, { unread }) => everyPath(paths, (path) => unread.has(path)),
  ),
];

/** Explains all differences that were examined. */
export const packageRules: readonly PackageRule[] = [...onlyClair, ...onlyPeer];

type Predicate = (found: PeerPackage, context: PackageContext) => boolean;

function clairRule(id: string, reason: string, isMet: Predicate): PackageRule {
  return ruleOf('clair', id, reason, isMet);
}

function peerRule(id: string, reason: string, isMet: Predicate): PackageRule {
  return ruleOf('peer', id, reason, isMet);
}

function ruleOf(
  listedBy: PackageDifference['listedBy'],
  id: string,
  reason: string,
  isMet: Predicate,
): PackageRule {
  return {
    id: `${listedBy}/${id}`,
    reason,
    applies: (difference, context) => difference.listedBy === listedBy && isMet(difference.package, context),
  };
}

/** Rules for files that a peer does not read at all, by type of package. */
function unreadBy(peer: ListingScanner, reasons: Readonly<Record<string, string>>): PackageRule[] {
  return Object.entries(reasons).map(([type, reason]) => ({
    id: `clair/unread-by-${peer}-${type}`,
    reason,
    applies: (difference) =>
      difference.listedBy === 'clair' && difference.peer === peer && difference.package.type === type,
  }));
}

/** False for a package without paths: nothing is known of its place. */
function everyPath(paths: readonly string[], isMet: (path: string) => boolean): boolean {
  return paths.length > 0 && paths.every(isMet);
}

const lockFile =
  /\/(?:\.?package-lock\.json|packages\.lock\.json|composer\.lock|(?:Cargo|Gemfile|Pipfile|poetry|yarn|uv|mix)\.lock|pnpm-lock\.yaml|go\.(?:mod|sum)|pom\.xml|requirements[^/]*\.txt)$/;

const packageRoot = /\/node_modules\/(?:@[^/]+\/)?[^/@][^/]*\/package\.json$/;

/** True if two Maven packages of one version have the same artifact, or are the same file. */
function isSameArtifact(one: PeerPackage, other: PeerPackage): boolean {
  return (
    other.type === 'maven' &&
    one.version === other.version &&
    one.name !== other.name &&
    (artifactOf(one) === artifactOf(other) || one.paths.some((path) => other.paths.includes(path)))
  );
}

function artifactOf({ name }: PeerPackage): string {
  return name.slice(name.indexOf(':') + 1);
}
