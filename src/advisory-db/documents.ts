import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { dateEvidence } from '../model/content-date.ts';
import type { Digest } from '../model/digest.ts';

/** Form of a published database: of the catalogue and of the shards. It is the tag of the manifest. */
export const databaseForm = '1';

/** Media types of a published database. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  /** OCI image-spec, "Guidelines for Artifact Usage": the configuration of an artifact without one. */
  emptyConfig: 'application/vnd.oci.empty.v1+json',
  database: 'application/vnd.clair.db.v1',
  catalogue: 'application/vnd.clair.db.catalogue.v1+zstd',
  shard: 'application/vnd.clair.db.shard.v1+zstd',
  patch: 'application/vnd.clair.db.patch.v1+zstd',
  /** A signed document of The Update Framework. */
  trust: 'application/vnd.tuf.metadata+json',
} as const;

/** The annotation with the tag of a manifest in a layout. OCI image-spec, "Annotations". */
export const tagAnnotation = 'org.opencontainers.image.ref.name';

/** The annotation with the file name of a layer. OCI image-spec, "Annotations". */
export const titleAnnotation = 'org.opencontainers.image.title';

const text = z.string().check(z.maxLength(1024));
const count = z.int().check(z.gte(0));
const time = text.check(z.refine((value) => !Number.isNaN(Date.parse(value)), 'not a date and time'));

const sha256: z.ZodMiniType<Digest> = z.pipe(
  z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, 'not a sha256 digest')),
  z.transform((digest) => digest as Digest),
);

const blob = z.object({ digest: sha256, size: count });

const feed = z.object({
  source: text,
  feed: text,
  version: count,
  origin: text,
  presence: z.enum(['loaded', 'absent']),
  fetchedAt: time,
  checkedAt: time,
  newest: z.nullable(time),
  contentDate: z.nullable(time),
  contentEvidence: z.nullable(z.enum(dateEvidence)),
  /** Publishers of earlier versions lack it. */
  contentModel: z.optional(text),
  records: count,
  skipped: count,
  kept: z.array(text),
});

const shard = z.object({
  scheme: text,
  /** Of the file itself. */
  digest: sha256,
  size: count.check(z.lte(limits.shardBytes, 'too large')),
  /** Of its compressed form. */
  blob,
  /** Patches from earlier forms of the file, by their digests. */
  patches: z
    .record(sha256Text(), blob)
    .check(z.refine((of) => Object.keys(of).length <= limits.patchesPerShard, 'too many patches')),
  /** A hash of the content, without the numbers of records. */
  content: sha256,
  /** The first part of the numbers of its records; 0 if there are none. */
  block: count,
  records: count,
  rows: count,
  canaries: z.array(text),
  feeds: z.array(feed),
});

function sha256Text(): z.ZodMiniType<string, string> {
  return z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, 'not a sha256 digest'));
}

/** The catalogue: the current shards, and how fresh the feeds in them are. */
export const catalogueDocument = z.object({
  version: count,
  built: time,
  /** Digest of the manifest before. */
  before: z.nullable(sha256),
  /** Versions of the keys of each version scheme. */
  keys: z.record(text, count),
  /** Lists that rate vulnerabilities. */
  ratings: z.array(feed),
  /** Feeds that the publisher looked for, that do not exist at their origin, and that no shard names. Publishers of earlier versions lack it. */
  absent: z.optional(z.array(feed).check(z.maxLength(limits.absentFeeds, 'too many feeds'))),
  shards: z
    .record(text, shard)
    .check(z.refine((of) => Object.keys(of).length <= limits.shards, 'too many namespaces')),
});

const descriptor = z.object({
  mediaType: z.optional(text),
  digest: sha256,
  size: count,
  data: z.optional(z.string()),
  artifactType: z.optional(text),
  annotations: z.optional(z.record(z.string(), z.string())),
});

/** OCI image-spec, "Image Index", as far as a published database uses it. */
export const layoutIndex = z.object({ manifests: z.array(descriptor) });

/** OCI image-spec, "Image Manifest", as far as a published database uses it. */
export const databaseManifest = z.object({ artifactType: z.optional(text), layers: z.array(descriptor) });

/** Schemas of parts of a catalogue, which the cache of readers has as well. */
export const catalogueParts = { shard, feed, digest: sha256, time };

/** The catalogue of a published database. */
export type Catalogue = z.infer<typeof catalogueDocument>;
/** A shard in the catalogue. */
export type CatalogueShard = z.infer<typeof shard>;
/** A feed in the catalogue. */
export type CatalogueFeed = z.infer<typeof feed>;
/** An entry of an index or manifest. */
export type LayoutDescriptor = z.infer<typeof descriptor>;
/** A blob of the layout. */
export type BlobReference = z.infer<typeof blob>;
