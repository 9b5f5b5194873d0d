import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ParseSuppressions, SuppressionFile, Suppressions } from '../../match/suppress/decide.ts';

/** A saved file with what it suppresses: nothing if there is an error. */
export interface ReadSavedFile<File> {
  readonly file: File;
  readonly suppressions: Suppressions;
  /** Why nothing of the file applies. Undefined if all of it does. */
  readonly error: unknown;
}

/**
 * Reads saved files in their order. A file has an error if it cannot be read, or if the files up to it have more than `limits.savedRules`
 * rules: each report compares its findings with the rules.
 */
export function readSavedFiles<File extends SuppressionFile>(
  files: readonly File[],
  parse: ParseSuppressions,
): readonly ReadSavedFile<File>[] {
  let count = 0;
  return files.map((file) => {
    try {
      const suppressions = parse(file);
      assertRulesBelowLimit(count + suppressions.rules.length);
      count += suppressions.rules.length;
      return { file, suppressions, error: undefined };
    } catch (error) {
      return { file, suppressions: { rules: [], statements: [] }, error };
    }
  });
}

/** Throws `limit-exceeded` if a file would bring the saved rules above their limit. `others` are the other saved files. */
export function assertCanSaveRules(
  { rules }: Suppressions,
  others: readonly SuppressionFile[],
  parse: ParseSuppressions,
): void {
  if (rules.length === 0) return;
  const counts = readSavedFiles(others, parse).map(({ suppressions }) => suppressions.rules.length);
  assertRulesBelowLimit(counts.reduce((sum, one) => sum + one, rules.length));
}

function assertRulesBelowLimit(count: number): void {
  if (count > limits.savedRules)
    throw new ClairError(
      'limit-exceeded',
      `the files that clients have saved would have ${count} rules, more than ${limits.savedRules}: delete some, or put them into a directory`,
      { limit: 'savedRules' },
    );
}
