import type { ListedTag } from '../../image/registry/listing/registry-listing.ts';
import { globMatches } from '../../kit/glob.ts';

/** A registry that servers watch, as the settings describe it. */
export interface WatchedRegistry {
  /** Its name in the settings. */
  readonly name: string;
  /** `host[:port]` */
  readonly registry: string;
  /** Patterns of repositories, without the registry. `*` stays within a path segment, `**` does not. All when empty. */
  readonly repositories: readonly string[];
  readonly exclude: readonly string[];
  /** Patterns of tags. All when empty. */
  readonly tags: readonly string[];
  readonly excludeTags: readonly string[];
  /** Platforms to scan. That of the server when empty. */
  readonly platforms: readonly string[];
  /** Milliseconds between walks. 0 disables them. */
  readonly intervalMs: number;
  /** The number of the newest tags of each repository that are watched. 0 for all. */
  readonly keep: number;
  /** Concurrent requests of a walk. */
  readonly requests: number;
  /** The secret of its notifications. Empty if none are accepted. */
  readonly secret: string;
}

/** Tags of signatures, attestations and referrers, which are no images. OCI distribution-spec, "Referrers Tag Schema"; cosign. */
const attached = /^sha(?:256-[\da-f]{64}|512-[\da-f]{128})(?:\.\w+)?$/;

/** Returns whether a repository is watched. */
export function selectsRepository(
  { repositories, exclude }: Pick<WatchedRegistry, 'repositories' | 'exclude'>,
  repository: string,
): boolean {
  return isSelected(repository, repositories, exclude);
}

/** Returns whether a tag is watched. */
export function selectsTag(
  { tags, excludeTags }: Pick<WatchedRegistry, 'tags' | 'excludeTags'>,
  tag: string,
): boolean {
  return !attached.test(tag) && isSelected(tag, tags, excludeTags);
}

function isSelected(name: string, wanted: readonly string[], unwanted: readonly string[]): boolean {
  const matches = (pattern: string): boolean => globMatches(pattern, name, '/');
  return (wanted.length === 0 || wanted.some(matches)) && !unwanted.some(matches);
}

/**
 * Returns the newest tags. Tags with a time of their push come first, the last pushed first. Others are ordered by their names, with numbers
 * by their values, so that `1.10` is newer than `1.9`.
 */
export function newestTags(tags: readonly ListedTag[], keep: number): readonly ListedTag[] {
  if (keep === 0 || tags.length <= keep) return tags;
  const order = new Intl.Collator('en', { numeric: true });
  const byAge = (a: ListedTag, b: ListedTag): number =>
    (b.pushedAt ?? 0) - (a.pushedAt ?? 0) || order.compare(b.tag, a.tag);
  return tags.toSorted(byAge).slice(0, keep);
}
