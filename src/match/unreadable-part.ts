import type { ExtensionProblem } from '../model/layer-index.ts';

/**
 * Whether a problem says that a part of an image could not be read: a file is damaged, ambiguous or beyond a limit, or runtimes differ in
 * what they make of it. Any problem keeps a report from being assessed. A posted layer is refused for those of which this holds. The others
 * are entries without a version: they were read, and no API of Clair has a feature without one.
 */
export function isUnreadablePart({ lacks }: Pick<ExtensionProblem, 'lacks'>): boolean {
  return lacks === undefined;
}
