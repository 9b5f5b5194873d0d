import type { Match } from '../../model/report.ts';
import type { Notification } from '../../store/notification-store.ts';
import type { Store } from '../../store/store.ts';
import {
  type AffectedEntry,
  affectedByChanges,
  type RatedImagesDeps,
  ratedEntries,
} from './affected-images.ts';
import { isWanted, type NotificationFilter } from './notification-filter.ts';
import { sidesOf } from './notification-message.ts';

/** Changes that are read at once. */
const changesAtOnce = 100;

/** Reads for one page. Changes without affected images can be many, and a page may be empty then. */
const readsPerPage = 40;

/** A position in the changes of an update. */
export interface UpdatePosition {
  /** Name of the last notification whose images are all on earlier pages. Undefined before the first one. */
  readonly done: string | undefined;
  /** Position in the images of the following changes. Undefined at their start. */
  readonly images: string | undefined;
}

/** Requests a page of an update. `limit` is the number of images. */
export interface UpdatePageRequest {
  readonly limit: number;
  readonly after: UpdatePosition;
}

/** A finding that a change made or ended, and the image. */
export interface ChangedFinding {
  readonly entry: AffectedEntry;
  readonly finding: Match;
  /** The id and the namespace in the advisory that changed. */
  readonly advisory: string;
  readonly namespace: string;
  /** Whether the image had the finding before the change, and has it no longer. */
  readonly isEnded: boolean;
}

/** A part of what the changes of an update affect. `next` is absent on the last page. */
export interface UpdatePage {
  readonly findings: readonly ChangedFinding[];
  readonly next?: UpdatePosition;
}

/** Dependencies of `pageOfUpdate`. */
export interface UpdatePageDeps extends RatedImagesDeps {
  readonly store: RatedImagesDeps['store'] & Pick<Store, 'notifications'>;
  readonly filter: NotificationFilter;
}

/**
 * Returns a page of what the changes of an update affect that pass the filter. `name` is that of the notification that represents the update.
 * Returns undefined if it represents none. Throws `usage` for an unknown position.
 */
export async function pageOfUpdate(
  name: string,
  { limit, after }: UpdatePageRequest,
  deps: UpdatePageDeps,
): Promise<UpdatePage | undefined> {
  const reader = new UpdateReader(name, deps);
  const page = await reader.read({ limit, after });
  if (page?.next === undefined) return page;
  const { findings, next } = page;
  // Clients request every page, so there is no next one if nothing follows.
  const following = await reader.read({ limit: 1, after: next });
  if (following === undefined || following.findings.length > 0) return { findings, next };
  return { findings, ...(following.next !== undefined && { next: following.next }) };
}

/** Reads what an update affects, with a limited number of reads. */
class UpdateReader {
  readonly #name: string;
  readonly #deps: UpdatePageDeps;
  #reads = 0;

  constructor(name: string, deps: UpdatePageDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  async read({ limit, after }: UpdatePageRequest): Promise<UpdatePage | undefined> {
    const findings: ChangedFinding[] = [];
    const images = new Set<AffectedEntry>();
    let position: UpdatePosition | undefined = after;
    while (position !== undefined && images.size < limit && this.#reads < readsPerPage) {
      this.#reads++;
      const changes = await changesAfter(this.#name, position, this.#deps);
      if (changes === undefined) return undefined;
      const request = { limit: limit - images.size, after: position };
      const part = await pageOfChanges(changes, request, this.#deps);
      for (const { entry } of part.findings) images.add(entry);
      findings.push(...part.findings);
      position = part.next;
    }
    return { findings, ...(position !== undefined && { next: position }) };
  }
}

/** Some changes that follow one another. */
interface Changes {
  readonly all: readonly Notification[];
  /** Whether there are others behind them. */
  readonly hasMore: boolean;
}

async function changesAfter(
  name: string,
  { done: after }: UpdatePosition,
  { store }: UpdatePageDeps,
): Promise<Changes | undefined> {
  const page = { limit: changesAtOnce + 1, ...(after !== undefined && { after }) };
  const read = await store.notifications.pageOfUpdate(name, page);
  if (read === undefined) return undefined;
  return { all: read.slice(0, changesAtOnce), hasMore: read.length > changesAtOnce };
}

async function pageOfChanges(
  { all, hasMore }: Changes,
  { limit, after }: UpdatePageRequest,
  deps: UpdatePageDeps,
): Promise<UpdatePage> {
  const wanted: Notification[] = [];
  for (const one of all) if (isWanted(one, await sidesOf(one, deps), deps.filter)) wanted.push(one);
  const request = { limit, ...(after.images !== undefined && { after: after.images }) };
  const page = await affectedByChanges(wanted, request, deps);
  const entries = await ratedEntries(page.images, deps.store);
  const findings = entries.flatMap((entry) => changedFindings(entry, wanted));
  const last = all.at(-1);
  if ('next' in page) return { findings, next: { ...after, images: page.next } };
  if (!hasMore || last === undefined) return { findings };
  return { findings, next: { done: last.name, images: undefined } };
}

/** Returns the findings that one of the changes made or ended. A record may have findings in namespaces for which it did not change. */
function changedFindings(entry: AffectedEntry, changes: readonly Notification[]): ChangedFinding[] {
  return entry.findings.flatMap((finding) =>
    finding.evidence.flatMap(({ source, advisory, namespace }) => {
      const change = changes.find(
        (one) =>
          one.source === source &&
          one.id === advisory &&
          (one.namespace === null || one.namespace === namespace) &&
          (entry.isEnded ? one.old : one.new) !== null,
      );
      if (change === undefined) return [];
      return [{ entry, finding, advisory, namespace, isEnded: entry.isEnded }];
    }),
  );
}
