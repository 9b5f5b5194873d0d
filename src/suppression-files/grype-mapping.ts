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

/** The types of package URLs of a language; undefined for one that is not known. */
export function purlTypesOfLanguage(language: string): readonly string[] | undefined {
  return purlTypesByLanguage.get(language);
}

/** The types of package URLs that Grype calls so; undefined for one that is not known. */
export function purlTypesOfGrypeType(type: string): readonly string[] | undefined {
  return purlTypesByGrypeType.get(type);
}

/** The states of a fix that Grype calls so. What it calls unknown is not a state here. */
export function fixStatesOfGrype(state: string): readonly FixState[] | undefined {
  if (state === 'fixed') return ['fixed'];
  if (state === 'not-fixed') return ['unfixed'];
  return state === 'wont-fix' ? ['will-not-fix'] : undefined;
}

/** Our name of a namespace such as `debian:distro:debian:12` or `github:language:python`. */
export function namespaceOfGrype(namespace: string): string | undefined {
  const [, kind, name = '', release = ''] =
    /^[^:]+:(distro|language):([^:]+)(?::([^:]+))?$/.exec(namespace) ?? [];
  if (kind === 'language') return purlTypesByLanguage.get(name)?.[0];
  const distribution = distributionByGrypeName.get(name);
  if (kind === undefined || distribution === undefined || release === '') return undefined;
  if (release === 'rolling') return distribution;
  return `${distribution}:${distribution === 'alpine' && /^\d/.test(release) ? 'v' : ''}${release}`;
}
