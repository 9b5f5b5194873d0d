import type { VersionRange } from '../../model/version-range.ts';
import { go } from '../go.ts';
import { nuget } from '../nuget.ts';
import { semver } from '../semver.ts';
import { readBrackets } from './brackets.ts';
import { readComparators } from './comparators.ts';
import { readComposerConstraint } from './composer.ts';
import { readGemRequirement } from './gem.ts';
import { readMavenRange } from './maven.ts';
import { readNpmRange } from './npm.ts';
import { readPep440Specifiers } from './pep440.ts';

/** Returns the versions in a range in the syntax of a package manager; undefined if the text is invalid. */
export type RangeReader = (text: string) => readonly VersionRange[] | undefined;

/**
 * Range syntaxes of package managers by version scheme: `^1.2.0 || ~2.1` of npm, `~> 2.3` of gem, `[1.0,2.0)` of Maven
 * and NuGet. They are read as in an advisory: `< 2` includes the pre-releases of 2, which an installer would exclude.
 */
export const rangeReaders: Readonly<
  Record<'composer' | 'gem' | 'go' | 'maven' | 'npm' | 'nuget' | 'pep440' | 'semver', RangeReader>
> = {
  composer: readComposerConstraint,
  gem: readGemRequirement,
  go: (text) => readComparators(go, text),
  maven: readMavenRange,
  npm: readNpmRange,
  nuget: (text) => readBrackets(nuget, text),
  pep440: (text) => readPep440Specifiers(text),
  semver: (text) => readComparators(semver, text),
};
