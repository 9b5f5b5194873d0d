import type { FixState } from '../model/fix.ts';

const purlTypesByLanguage: ReadonlyMap<string, readonly string[]> = new Map([
  ['dart', ['pub']],
  ['dotnet', ['nuget']],
  ['go', ['golang']],
  ['java', ['maven']],
  ['javascript', ['npm']],
  ['php', ['composer']],
  ['python', ['pypi']],
  ['ruby', ['gem']],
  ['rust', ['cargo']],
  ['swift', ['swift']],
]);

const purlTypesByGrypeType: ReadonlyMap<string, readonly string[]> = new Map([
  ['alpm', ['alpm']],
  ['apk', ['apk']],
  ['dart-pub', ['pub']],
  ['deb', ['deb']],
  ['dotnet', ['nuget']],
  ['gem', ['gem']],
  ['go-module', ['golang']],
  ['java-archive', ['maven']],
  ['npm', ['npm']],
  ['php-composer', ['composer']],
  ['python', ['pypi']],
  ['rpm', ['rpm']],
  ['rust-crate', ['cargo']],
  ['swift', ['swift']],
]);

const distributionByGrypeName: ReadonlyMap<string, string> = new Map([
  ['alpine', 'alpine'],
  ['amazonlinux', 'amzn'],
  ['chainguard', 'chainguard'],
  ['debian', 'debian'],
  ['oraclelinux', 'oracle'],
  ['redhat', 'rhel'],
  ['sles', 'sles'],
  ['ubuntu', 'ubuntu'],
  ['wolfi', 'wolfi'],
]);

/** Returns the purl types of a Grype language; undefined if the language is unknown. */
export function purlTypesOfLanguage(language: string): readonly string[] | undefined {
  return purlTypesByLanguage.get(language);
}

/** Returns the purl types of a Grype package type; undefined if the type is unknown. */
export function purlTypesOfGrypeType(type: string): readonly string[] | undefined {
  return purlTypesByGrypeType.get(type);
}

/** Returns the fix states of a Grype state; undefined if it has no equivalent, as `unknown` has none. */
export function fixStatesOfGrype(state: string): readonly FixState[] | undefined {
  if (state === 'fixed') return ['fixed'];
  if (state === 'not-fixed') return ['unfixed'];
  return state === 'wont-fix' ? ['will-not-fix'] : undefined;
}

/** Returns the namespace of a Grype namespace such as `debian:distro:debian:12` or `github:language:python`; undefined if unknown. */
export function namespaceOfGrype(namespace: string): string | undefined {
  const [, kind, name = '', release = ''] =
    /^[^:]+:(distro|language):([^:]+)(?::([^:]+))?$/.exec(namespace) ?? [];
  if (kind === 'language') return purlTypesByLanguage.get(name)?.[0];
  const distribution = distributionByGrypeName.get(name);
  if (kind === undefined || distribution === undefined || release === '') return undefined;
  if (release === 'rolling') return distribution;
  return `${distribution}:${distribution === 'alpine' && /^\d/.test(release) ? 'v' : ''}${release}`;
}
