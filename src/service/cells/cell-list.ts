import * as z from 'zod/mini';
import { parseImageName } from '../../model/image-name.ts';
import { compareText } from '../../model/order.ts';
import { type AffectedCursor, compareCursors, readCursor, writeCursor } from '../../store/affected-cursor.ts';

/** An entry of a list as a cell returns it, with what decides on its order. */
export interface ListedEntry<Place> {
  readonly place: Place;
  /** When it came into being, ISO 8601. Undefined if that does not matter. */
  readonly at?: string | undefined;
  readonly document: object;
}

/** The response of a cell, checked by its schema. */
export interface ListedPage<Place> {
  readonly entries: readonly ListedEntry<Place>[];
  /** Where the next page begins. Undefined on the last page; null if the cell states it in a form that is unknown. */
  readonly next: Place | null | undefined;
}

/** A list that each cell has, and its order. */
export interface CellList<Place> {
  /** Path of the list on each cell. */
  readonly path: string;
  /** Parameters of the list, without those of a page. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The member of the response that has the entries. */
  readonly member: 'images' | 'jobs';
  /** Whether the cells take `asOf`. Otherwise entries that came later are left out here. */
  readonly takesAsOf: boolean;
  readonly schema: z.ZodMiniType<ListedPage<Place>>;
  readonly compare: (a: Place, b: Place) => number;
  readonly writePlace: (place: Place) => string;
  /** Returns undefined for text that `writePlace` did not write. */
  readonly readPlace: (text: string) => Place | undefined;
  /** Returns the parameter `after` of a cell. */
  readonly afterOf: (place: Place) => string;
}

const natural = z.int().check(z.minimum(0));
const time = z.iso.datetime();

const imagesPage = z.pipe(
  z.object({
    images: z.array(z.looseObject({ number: natural, firstSeen: time })),
    next: z.optional(natural),
  }),
  z.transform(
    ({ images, next }): ListedPage<number> => ({
      entries: images.map((document) => ({ place: document.number, at: document.firstSeen, document })),
      next,
    }),
  ),
);

/** Returns the list of the images of a cell, by rising number. */
export function imageList(query: CellList<number>['query']): CellList<number> {
  return {
    path: '/api/v1/images',
    query,
    member: 'images',
    takesAsOf: false,
    schema: imagesPage,
    compare: (a, b) => a - b,
    writePlace: String,
    readPlace: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
    afterOf: String,
  };
}

/** The place of a scan: its registry, then its id. */
export interface JobPlace {
  readonly registry: string;
  readonly id: string;
}

const jobId = z.string().check(z.regex(/^[\w-]{1,64}$/));

const jobsPage = z.pipe(
  z.object({
    jobs: z.array(
      z.looseObject({
        id: jobId,
        reference: z.string().check(z.refine((text) => parseImageName(text) !== undefined)),
        endedAt: z.nullable(time),
      }),
    ),
    next: z.optional(jobId),
  }),
  z.transform(({ jobs, next }): ListedPage<JobPlace> => {
    const entries = jobs.map((document) => ({
      place: { registry: parseImageName(document.reference)?.registry ?? '', id: document.id },
      at: document.endedAt ?? undefined,
      document,
    }));
    // The page after this one begins behind its last entry.
    const last = entries.at(-1)?.place;
    return { entries, next: next === undefined ? undefined : last?.id === next ? last : null };
  }),
);

/** Returns the list of the failed scans of a cell, by registry and id. */
export function jobList(query: CellList<JobPlace>['query']): CellList<JobPlace> {
  return {
    path: '/api/v1/jobs',
    query,
    member: 'jobs',
    takesAsOf: false,
    schema: jobsPage,
    compare: (a, b) => compareText(a.registry, b.registry) || compareText(a.id, b.id),
    writePlace: ({ registry, id }) => `${id}@${registry}`,
    readPlace: (text) => {
      const [, id, registry] = /^([\w-]{1,64})@(.*)$/s.exec(text) ?? [];
      return id === undefined || registry === undefined ? undefined : { registry, id };
    },
    afterOf: ({ id }) => id,
  };
}

const cursor = z.string().check(z.refine((text) => cursorIn(text) !== undefined));

const affectedPage = z.pipe(
  z.object({ images: z.array(z.looseObject({ position: cursor })), next: z.optional(cursor) }),
  z.transform(
    ({ images, next }): ListedPage<AffectedCursor> => ({
      entries: images.map((document) => ({ place: readCursor(document.position), document })),
      next: next === undefined ? undefined : readCursor(next),
    }),
  ),
);

/** Returns the list of the images of a cell that a vulnerability affects, by namespace, package, version and image. */
export function affectedList(vulnerability: string): CellList<AffectedCursor> {
  return {
    path: `/affected/${encodeURIComponent(vulnerability)}`,
    query: {},
    member: 'images',
    takesAsOf: true,
    schema: affectedPage,
    compare: compareCursors,
    writePlace: writeCursor,
    readPlace: cursorIn,
    afterOf: writeCursor,
  };
}

function cursorIn(text: string): AffectedCursor | undefined {
  try {
    return readCursor(text);
  } catch {
    return undefined;
  }
}
