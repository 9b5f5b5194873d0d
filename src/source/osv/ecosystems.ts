/** The local names of an OSV ecosystem. */
export interface Ecosystem {
  /** Type of its package URLs, which is also the namespace. */
  readonly namespace: string;
  readonly versionScheme: string;
}

/** Ecosystems of one registry by their OSV name, which is also the name of the feed. */
export const ecosystems: ReadonlyMap<string, Ecosystem> = new Map([
  ['npm', { namespace: 'npm', versionScheme: 'npm' }],
  ['PyPI', { namespace: 'pypi', versionScheme: 'pep440' }],
  ['Go', { namespace: 'golang', versionScheme: 'go' }],
  ['Maven', { namespace: 'maven', versionScheme: 'maven' }],
  ['RubyGems', { namespace: 'gem', versionScheme: 'gem' }],
  ['crates.io', { namespace: 'cargo', versionScheme: 'semver' }],
  ['NuGet', { namespace: 'nuget', versionScheme: 'nuget' }],
  ['Packagist', { namespace: 'composer', versionScheme: 'composer' }],
  ['Hex', { namespace: 'hex', versionScheme: 'semver' }],
  ['SwiftURL', { namespace: 'swift', versionScheme: 'semver' }],
  ['Pub', { namespace: 'pub', versionScheme: 'pub' }],
  ['CRAN', { namespace: 'cran', versionScheme: 'cran' }],
  ['Hackage', { namespace: 'hackage', versionScheme: 'cran' }],
  ['Julia', { namespace: 'julia', versionScheme: 'pub' }],
  ['Bitnami', { namespace: 'bitnami', versionScheme: 'bitnami' }],
]);

/** The feed of Root.io, with its packages of several ecosystems: `Root:npm`. Those of distributions are not read. */
const rootFeed = 'Root';

/** Ecosystems of each feed by their OSV name. */
export const ecosystemsOfFeeds: ReadonlyMap<string, ReadonlyMap<string, Ecosystem>> = new Map([
  ...Array.from(ecosystems, ([feed, ecosystem]) => [feed, new Map([[feed, ecosystem]])] as const),
  [
    rootFeed,
    new Map(
      Array.from(ecosystems, ([name, { namespace, versionScheme }]) => [
        `${rootFeed}:${name}`,
        { namespace: `root:${namespace}`, versionScheme },
      ]),
    ),
  ] as const,
]);
