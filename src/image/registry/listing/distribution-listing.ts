import * as z from 'zod/mini';
import { ClairError } from '../../../core/errors.ts';
import { isIndex } from '../../format/choose-manifest.ts';
import { entriesOf } from '../../format/fetched-image.ts';
import { platformText } from '../../format/platform.ts';
import { endpointsOf, type RegistryEndpoint } from '../endpoint.ts';
import { openClients, openRepository, type RegistryOptions } from '../open-registry-image.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { RepositoryClient } from '../repository-client.ts';
import { registrySettings } from '../settings.ts';
import { pagesOf } from './linked-pages.ts';
import type { RegistryListing } from './registry-listing.ts';

const catalogPage = z.object({ repositories: z.nullish(z.array(z.string())) });
const tagsPage = z.object({ tags: z.nullish(z.array(z.string())) });

/** Names of a page that are asked for. Registries may give fewer. */
const namesPerPage = 1000;

/** The options of a listing. */
export type RegistryListingOptions = Pick<RegistryOptions, 'env' | 'sleep' | 'idleMs' | 'connectElsewhere'>;

/** Returns the content of a registry by the API of Distribution. Mirrors are not asked. */
export function distributionListing(registry: string, options: RegistryListingOptions): RegistryListing {
  // One repository after the other is read, and its tokens are kept meanwhile.
  let opened: { readonly name: string; readonly repository: RepositoryClient } | undefined;
  const repositoryOf = (name: string): RepositoryClient => {
    if (opened?.name !== name)
      opened = { name, repository: openRepository({ registry, repository: name }, options) };
    return opened.repository;
  };
  return {
    async *repositories() {
      const client = registryClient(registry, { scope: 'registry:catalog:*' }, options);
      const path = `/v2/_catalog?n=${namesPerPage}`;
      for await (const page of pagesOf(client, {
        path,
        name: `the catalogue of ${registry}`,
        schema: catalogPage,
      }))
        yield* page.repositories ?? [];
    },
    tags: (repository) => listTags(registry, repository, options),
    findTag: (repository, tag, known) => repositoryOf(repository).findTag(tag, known),
    async platformsOf(repository, found) {
      if (!isIndex(found)) return undefined;
      const index = await repositoryOf(repository).fetchManifest(found.digest);
      return entriesOf(`${registry}/${repository}`, index).map(
        ({ platform }) => platformText(platform) ?? null,
      );
    },
  };
}

async function* listTags(
  registry: string,
  repository: string,
  options: RegistryListingOptions,
): AsyncGenerator<{ readonly tag: string }> {
  const client = registryClient(registry, { repository }, options);
  const path = `/v2/${repository}/tags/list?n=${namesPerPage}`;
  const name = `the list of tags of ${registry}/${repository}`;
  try {
    for await (const page of pagesOf(client, { path, name, schema: tagsPage }))
      for (const tag of page.tags ?? []) yield { tag };
  } catch (error) {
    // A repository that was deleted has no tags.
    if (!(error instanceof ClairError && error.code === 'target-not-found')) throw error;
  }
}

/** Returns a client of the registry itself. */
export function registryClient(
  registry: string,
  { repository = '', scope }: { readonly repository?: string; readonly scope?: string },
  options: RegistryListingOptions,
): RegistryClient {
  const own = endpointsOf({ registry, repository }, registrySettings(options.env)).slice(-1);
  const endpoints: RegistryEndpoint[] = own.map((endpoint) => ({
    ...endpoint,
    ...(scope !== undefined && { scope }),
  }));
  const [client] = openClients(endpoints, options);
  if (client === undefined) throw new Error('a registry has an endpoint');
  return client;
}
