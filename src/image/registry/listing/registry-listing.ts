import type { Digest } from '../../../model/digest.ts';
import type { FoundTag } from '../repository-client.ts';

/** A tag in the list of a repository. */
export interface ListedTag {
  readonly tag: string;
  /** The digest that it means, if the list states it. */
  readonly digest?: Digest;
  /** When it was pushed, in milliseconds since 1970, if the list says so. */
  readonly pushedAt?: number;
}

/**
 * The content of a registry. Lists are read page by page, and throw `limit-exceeded` and `registry-refused` for pages that are too large or
 * lead back. Everything else throws the errors of a `RegistryClient`.
 */
export interface RegistryListing {
  /** The repositories, without the registry. */
  repositories(): AsyncIterable<string>;
  /** The tags of a repository; none if it does not exist. */
  tags(repository: string): AsyncIterable<ListedTag>;
  /** Asks what a tag means. Returns undefined if it does not exist, and `unchanged` if it is still the known digest. */
  findTag(
    repository: string,
    tag: string,
    known: Digest | undefined,
  ): Promise<FoundTag | 'unchanged' | undefined>;
  /** Returns the platforms of an index. Undefined if the digest is that of a manifest. */
  platformsOf(repository: string, found: FoundTag): Promise<readonly (string | null)[] | undefined>;
}
