import { developmentVersion, type GoBuildInfo, type GoModule } from './build-info.ts';

const releaseVersion = /^v?\d+(?:\.\d+){1,2}(?:-[\dA-Za-z.-]+)?(?:\+[\dA-Za-z.-]+)?$/;
/** Names of variables that programs keep their version in. */
const versionVariable = /\.(?:version|ver|buildversion|appversion)$/i;
/** Packages in which they usually are. */
const usualPackage = /(?:^|\/)(?:main|version|common|cmd)$/;

/** A version that Go made from a commit without a tag before it. */
const untagged = /^v\d+\.0\.0-\d{14}-/;

/** The version of the main module, and the rule by which it was chosen. */
export interface MainVersion {
  readonly version: string;
  /** One sentence about the rule. */
  readonly rule: string;
}

/**
 * Returns the version of the main module. A tag that Go wrote counts first, also as the base of a pseudo-version. Then follow a version that
 * the linker was given, and the commit. Returns `(devel)` if none is known.
 */
export function mainVersion(main: GoModule, { settings }: GoBuildInfo): MainVersion {
  const { path, version } = main;
  const isKnown = version !== '' && version !== developmentVersion;
  if (isKnown && !untagged.test(version))
    return { version, rule: 'the version of the main module is that of its tag, as Go wrote it' };
  const linked = linkedVersion(path, settings.get('-ldflags') ?? '');
  if (linked !== undefined)
    return {
      version: linked.value,
      rule: `the version of the main module is that of ${linked.name}, which the linker was given (-ldflags -X)`,
    };
  if (isKnown)
    return { version, rule: 'the version of the main module is that of its commit, as Go wrote it' };
  const committed = commitVersion(settings);
  return committed === undefined
    ? { version: developmentVersion, rule: 'the program states no version of its main module' }
    : {
        version: committed,
        rule: 'the version of the main module is that of its commit (vcs.revision, vcs.time)',
      };
}

/** Returns the variable with the version in the values of `-X`. Undefined if the best group of variables has several versions. */
function linkedVersion(module: string, flags: string): LinkedVariable | undefined {
  const variables = linkedVariables(flags).filter(
    ({ name, value }) => versionVariable.test(name) && releaseVersion.test(value),
  );
  const groups = [
    variables.filter(({ name }) => name.startsWith(`${module}/cmd/`)),
    variables.filter(({ name }) => usualPackage.test(packageOf(name))),
    variables,
  ];
  const [best, ...others] = groups.find((group) => group.length > 0) ?? [];
  return others.every(({ value }) => value === best?.value) ? best : undefined;
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

/** Returns a pseudo-version without a tag, of the commit that the program was built from. It says nothing about tags. Undefined if unknown. */
function commitVersion(settings: GoBuildInfo['settings']): string | undefined {
  const revision = settings.get('vcs.revision') ?? '';
  const [, ...time] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(settings.get('vcs.time') ?? '') ?? [];
  if (!/^[\da-f]{12,64}$/.test(revision) || time.length === 0) return undefined;
  return `v0.0.0-${time.join('')}-${revision.slice(0, 12)}`;
}
