import type { ExtensionProblem } from '../model/layer-index.ts';

/**
 * Returns whether a problem means that a part of an image could not be read. Then a file is damaged, ambiguous or exceeds a limit, or
 * runtimes interpret it differently. Any problem keeps a report from being assessed, but only these make the API refuse a posted layer. The
 * others are entries without a version. They were read, and no API of Clair has a feature without a version.
 */
export function isUnreadablePart({ lacks }: Pick<ExtensionProblem, 'lacks'>): boolean {
  return lacks === undefined;
}
