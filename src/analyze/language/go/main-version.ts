import { developmentVersion, type GoBuildInfo, type GoModule } from './build-info.ts';

const releaseVersion = /^v?\d+(?:\.\d+){1,2}(?:-[\dA-Za-z.-]+)?(?:\+[\dA-Za-z.-]+)?$/;
/** Names of variables that programs keep their version in. */
const versionVariable = /\.(?:version|ver|buildversion|appversion)$/i;
/** Packages in which they usually are. */
const usualPackage = /(?:^|\/)(?:main|version|common|cmd)$/;

/** A version that Go made from a commit without a tag before it. */
const untagged = /^v\d+\.0\.0-\d{14}-/;

/**
 * Returns the version of the main module. A tag that Go wrote counts first, also as the base of a pseudo-version. Then follow a version that
 * the linker was given, and the commit. Returns `(devel)` if none is known.
 */
export function mainVersion(main: GoModule, { settings }: GoBuildInfo): string {
  const { path, version } = main;
  const isKnown = version !== '' && version !== developmentVersion;
  if (isKnown && !untagged.test(version)) return version;
  return linkedVersion(path, settings.get('-ldflags') ?? '') ?? (isKnown ? version : commitVersion(settings));
}

/** Returns the version in the values of `-X`. Undefined if the best group of variables has several versions. */
function linkedVersion(module: string, flags: string): string | undefined {
  const variables = linkedVariables(flags).filter(
    ({ name, value }) => versionVariable.test(name) && releaseVersion.test(value),
  );
  const groups = [
    variables.filter(({ name }) => name.startsWith(`${module}/cmd/`)),
    variables.filter(({ name }) => usualPackage.test(packageOf(name))),
    variables,
  ];
  const best = groups.find((group) => group.length > 0) ?? [];
  const [version, ...others] = new Set(best.map(({ value }) => value));
  return others.length === 0 ? version : undefined;
}

function packageOf(variable: string): string {
  return variable.slice(0, variable.lastIndexOf('.'));
}

interface LinkedVariable {
  readonly name: string;
  readonly value: string;
}

/** Returns the variables that the linker sets: `-X name=value`, `-X=name=value`, each perhaps in quotes. Go, cmd/link. */
function linkedVariables(flags: string): LinkedVariable[] {
  const variables: LinkedVariable[] = [];
  const words = flagWords(flags);
  for (let word = words.next(); word.done !== true; word = words.next()) {
    const assignment = assignmentIn(word.value, words);
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment !== undefined && equals > 0)
      variables.push({ name: assignment.slice(0, equals), value: assignment.slice(equals + 1) });
  }
  return variables;
}

function assignmentIn(word: string, words: Iterator<string>): string | undefined {
  if (word === '-X' || word === '--X') {
    const next = words.next();
    return next.done === true ? undefined : next.value;
  }
  const [, prefix = ''] = /^(--?X=)/.exec(word) ?? [];
  return prefix === '' ? undefined : word.slice(prefix.length);
}

/** Yields the words of flags. Quotes group blanks. */
function* flagWords(flags: string): Generator<string, void> {
  const word = /(?:"[^"]*"|'[^']*'|[^\s"'])+|["']/g;
  for (const [text] of flags.matchAll(word)) yield text.replace(/["']/g, '');
}

/** Returns a pseudo-version without a tag, of the commit that the program was built from. It says nothing about tags. */
function commitVersion(settings: GoBuildInfo['settings']): string {
  const revision = settings.get('vcs.revision') ?? '';
  const [, ...time] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(settings.get('vcs.time') ?? '') ?? [];
  if (!/^[\da-f]{12,64}$/.test(revision) || time.length === 0) return developmentVersion;
  return `v0.0.0-${time.join('')}-${revision.slice(0, 12)}`;
}
