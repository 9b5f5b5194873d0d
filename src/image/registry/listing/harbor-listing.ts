import * as z from 'zod/mini';
import { basicAuthorization } from '../../../kit/http/http-rules.ts';
import { parseDigest } from '../../../model/digest.ts';
import { findCredentials } from '../find-credentials.ts';
import { distributionListing, type RegistryListingOptions, registryClient } from './distribution-listing.ts';
import { pagesOf } from './linked-pages.ts';
import type { ListedTag, RegistryListing } from './registry-listing.ts';

const named = z.array(z.object({ name: z.string() }));
const artifacts = z.array(
  z.object({
    digest: z.string(),
    tags: z.nullish(z.array(z.object({ name: z.string(), push_time: z.nullish(z.string()) }))),
  }),
);

/** The most that Harbor returns at once. */
const itemsPerPage = 100;

/**
 * Returns the content of a Harbor by its own API, which lists what the user may see, with digests and times. Harbor API v2.0: `listProjects`,
 * `listRepositories`, `listArtifacts`.
 */
export function harborListing(registry: string, options: RegistryListingOptions): RegistryListing {
  const client = registryClient(registry, {}, options);
  const list = async function* <T extends z.ZodMiniType>(path: string, name: string, schema: T) {
    const authorization = await harborAuthorization(registry, options);
    yield* pagesOf(client, { path, name: `${name} of ${registry}`, schema, authorization });
  };
  return {
    ...distributionListing(registry, options),
    async *repositories() {
      const projects = `/api/v2.0/projects?page_size=${itemsPerPage}`;
      for await (const page of list(projects, 'the projects', named))
        for (const project of page) {
          const path = `/api/v2.0/projects/${encodeURIComponent(project.name)}/repositories?page_size=${itemsPerPage}`;
          for await (const repositories of list(path, `the repositories in ${project.name}`, named))
            for (const { name } of repositories) yield name;
        }
    },
    async *tags(repository): AsyncGenerator<ListedTag> {
      const [project = '', ...rest] = repository.split('/');
      // Harbor decodes the name of the repository twice.
      const inner = encodeURIComponent(encodeURIComponent(rest.join('/')));
      const path = `/api/v2.0/projects/${encodeURIComponent(project)}/repositories/${inner}/artifacts?page_size=${itemsPerPage}&with_tag=true`;
      for await (const page of list(path, `the artifacts in ${repository}`, artifacts))
        for (const { digest: text, tags } of page) {
          const digest = parseDigest(text);
          for (const { name: tag, push_time: pushed } of tags ?? [])
            yield { tag, ...(digest && { digest }), ...(pushed && { pushedAt: Date.parse(pushed) || 0 }) };
        }
    },
  };
}

/** Harbor shows public projects to everybody and sends no challenge, so the password goes with the first request. */
async function harborAuthorization(
  registry: string,
  { env }: RegistryListingOptions,
): Promise<string | undefined> {
  const { credentials } = await findCredentials({ registry, repository: '', isMirror: false }, env);
  return credentials?.kind === 'password'
    ? basicAuthorization(credentials.username, credentials.password)
    : undefined;
}
