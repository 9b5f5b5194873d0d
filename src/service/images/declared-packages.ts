import type { SquashedImage } from '../../match/squash.ts';

/** Why lock files and manifests are read. */
export interface DeclaredUse {
  /** Whether the image is a source tree, whose dependencies they state. */
  readonly isSourceTree: boolean;
  /** Whether a user asks for them in any image. */
  readonly isRequested: boolean;
}

/**
 * Leaves out what lock files and manifests declare of each type of package that is installed in the same directory. There, the installed
 * packages are the answer.
 */
export function withoutReplacedDeclared(squashed: SquashedImage): SquashedImage {
  const installed = new Set(
    squashed.packages.flatMap(({ package: { type, evidence } }) => (evidence === 'declared' ? [] : [type])),
  );
  const replaced = new Set(
    squashed.packages.flatMap(({ lister, package: { type, evidence } }) =>
      evidence === 'declared' && installed.has(type) ? [lister] : [],
    ),
  );
  if (replaced.size === 0) return squashed;
  return {
    ...squashed,
    packages: squashed.packages.filter(({ lister }) => !replaced.has(lister)),
    problems: squashed.problems.filter(({ extension }) => !replaced.has(extension)),
  };
}

/** Returns a key of the use, because packages of the same files differ between uses. */
export function declaredKey(use: DeclaredUse | undefined): string {
  return use?.isSourceTree === true && !use.isRequested ? ' declared-if-not-installed' : '';
}
