import * as z from 'zod/mini';
import type { NoticedName } from '../../../store/noticed-name-store.ts';

/** CNCF Distribution, "Work with notifications": an envelope of events. */
const distribution = z.object({
  events: z.array(
    z.object({
      action: z.string(),
      target: z.object({
        repository: z.string(),
        tag: z.nullish(z.string()),
        digest: z.nullish(z.string()),
      }),
    }),
  ),
});

/** Harbor, "Configure Webhook Notifications": the default form. */
const harbor = z.object({
  type: z.string(),
  event_data: z.object({
    repository: z.object({ repo_full_name: z.string() }),
    resources: z.array(z.object({ tag: z.nullish(z.string()), digest: z.nullish(z.string()) })),
  }),
});

/** Quay, "Repository Push". */
const quay = z.object({ repository: z.string(), updated_tags: z.array(z.string()) });

/** Docker Hub, "Webhooks". */
const dockerHub = z.object({
  push_data: z.object({ tag: z.string() }),
  repository: z.object({ repo_name: z.string() }),
});

/** Actions of Distribution that change what a tag means. */
const changes: ReadonlySet<string> = new Set(['push', 'mount', 'delete']);

/** Returns the names in a notification of Distribution, Harbor, Quay or Docker Hub. Undefined if it has none of their forms. */
export function namesInNotification(body: unknown): readonly NoticedName[] | undefined {
  const ofDistribution = z.safeParse(distribution, body);
  if (ofDistribution.success)
    return ofDistribution.data.events
      .filter(({ action }) => changes.has(action))
      .flatMap(({ action, target: { repository, tag, digest } }) =>
        noticed(repository, { tag, digest }, action !== 'delete'),
      );
  const ofHarbor = z.safeParse(harbor, body);
  if (ofHarbor.success) {
    const { type, event_data: data } = ofHarbor.data;
    const isPush = type === 'PUSH_ARTIFACT';
    return data.resources.flatMap((resource) => noticed(data.repository.repo_full_name, resource, isPush));
  }
  const ofQuay = z.safeParse(quay, body);
  if (ofQuay.success)
    return ofQuay.data.updated_tags.flatMap((tag) => noticed(ofQuay.data.repository, { tag }, true));
  const ofHub = z.safeParse(dockerHub, body);
  return ofHub.success
    ? noticed(ofHub.data.repository.repo_name, { tag: ofHub.data.push_data.tag }, true)
    : undefined;
}

/** A name of a repository as of distribution/reference, and a tag. */
const repositoryForm = /^[a-z\d]+(?:[._-]+[a-z\d]+)*(?:\/[a-z\d]+(?:[._-]+[a-z\d]+)*)*$/;
const tagForm = /^\w[\w.-]{0,127}$/;
const digestForm = /^[a-z\d]+:[\da-f]{32,128}$/;
const repositoryCharactersMax = 255;

/** A tag and a digest in a notification. */
interface Subject {
  readonly tag?: string | null | undefined;
  readonly digest?: string | null | undefined;
}

/**
 * Returns the name if it is valid. Harbor writes a digest in place of the tag of an untagged artifact. A push without a tag, such as that of
 * a manifest of an index, changes no tag.
 */
function noticed(repository: string, { tag, digest }: Subject, isPush: boolean): NoticedName[] {
  if (repository.length > repositoryCharactersMax || !repositoryForm.test(repository)) return [];
  const stated = digest && digestForm.test(digest) ? digest : undefined;
  if (tag && tagForm.test(tag))
    return [{ repository, tag, ...(isPush && stated !== undefined && { pushed: stated }) }];
  return stated === undefined || isPush ? [] : [{ repository, digest: stated }];
}
