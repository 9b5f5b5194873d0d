import type { RuntimeView } from './runtime.ts';
import { type Content, contentOf, type Reading } from './subject.ts';

/** Verdict on clair's reading of an image, compared with the runtimes. */
export type Verdict =
  /** A runtime shows something that clair neither lists nor doubts. */
  | 'dangerous'
  /** The same, but clair states a problem. */
  | 'stated'
  /** clair lists exactly what the runtimes show. */
  | 'equal'
  /** clair lists more than the runtimes show. */
  | 'more'
  /** clair lists what the runtimes show, but states a problem although they agree. */
  | 'alarm'
  /** clair refuses an image that a runtime accepts. */
  | 'refused'
  /** No runtime accepts the image. */
  | 'unusable';

export interface Judgement {
  readonly verdict: Verdict;
  /** Descriptions of the differences. */
  readonly reasons: readonly string[];
}

/** Compares a reading with what the runtimes show. */
export function judge(reading: Reading, views: readonly RuntimeView[]): Judgement {
  const shown = views.flatMap((view) =>
    view.refused === undefined ? [{ runtime: view.runtime, content: contentOf(view.files) }] : [],
  );
  if (shown.length === 0) return { verdict: 'unusable', reasons: [] };
  if ('refused' in reading) return { verdict: 'refused', reasons: [reading.refused] };
  const missing = shown.flatMap(({ runtime, content }) =>
    missingIn(reading, content).map((what) => `${runtime}: ${what}`),
  );
  const { problems } = reading;
  if (missing.length > 0)
    return { verdict: problems.length > 0 ? 'stated' : 'dangerous', reasons: [...missing, ...problems] };
  const all = new Set(shown.flatMap(({ content }) => [...content.packages]));
  const more = [...reading.packages].filter((item) => !all.has(item));
  const isAgreed = shown.every(({ content }) => content.packages.size === all.size);
  const own = shown.every(({ content }) => content.problems.length === 0);
  if (problems.length > 0 && isAgreed && own) return { verdict: 'alarm', reasons: problems };
  return more.length > 0 ? { verdict: 'more', reasons: more } : { verdict: 'equal', reasons: [] };
}

/**
 * Returns what clair lacks. Without a distribution the image is not assessed, which is safe; another distribution than the runtime's is
 * wrong.
 */
function missingIn(reading: Content, { packages, distro }: Content): string[] {
  const lacking = [...packages].filter((item) => !reading.packages.has(item));
  const isOther = distro !== undefined && reading.distro !== undefined && distro !== reading.distro;
  return isOther ? [...lacking, `distribution ${distro}, not ${reading.distro}`] : lacking;
}
