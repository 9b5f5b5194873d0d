import * as z from 'zod/mini';
import { distributionListing, type RegistryListingOptions, registryClient } from './distribution-listing.ts';
import { pagesOf } from './linked-pages.ts';
import type { RegistryListing } from './registry-listing.ts';

const repositoriesPage = z.object({
  repositories: z.array(z.object({ namespace: z.string(), name: z.string() })),
  next_page: z.nullish(z.string()),
});

/** Access to Quay's own API. */
export interface QuayAccess {
  /** An OAuth token of Quay. Empty for public repositories. */
  readonly apiToken: string;
  /** Organizations or users whose repositories are listed. */
  readonly namespaces: readonly string[];
}

/** Returns the content of a Quay. Repositories come from its own API (`GET /api/v1/repository`), tags from that of Distribution. */
export function quayListing(
  registry: string,
  { apiToken, namespaces }: QuayAccess,
  options: RegistryListingOptions,
): RegistryListing {
  const client = registryClient(registry, {}, options);
  const authorization = apiToken === '' ? undefined : `Bearer ${apiToken}`;
  return {
    ...distributionListing(registry, options),
    async *repositories() {
      for (const namespace of namespaces) {
        const pageAt = (next?: string): string => {
          const query = { namespace, public: 'true', ...(next !== undefined && { next_page: next }) };
          return `/api/v1/repository?${new URLSearchParams(query).toString()}`;
        };
        const name = `the repositories of ${namespace} in ${registry}`;
        for await (const page of pagesOf(client, {
          path: pageAt(),
          name,
          schema: repositoriesPage,
          authorization,
          next: ({ next_page: next }) => (next ? pageAt(next) : undefined),
        }))
          for (const found of page.repositories) yield `${found.namespace}/${found.name}`;
      }
    },
  };
}
