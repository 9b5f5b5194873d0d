import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { withFoldedKeys } from '../../kit/json/folded-keys.ts';
import { type DocumentErrorFactory, parseBySchema, parseJson } from '../../kit/json/json-document.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { digestText } from '../../model/digest-schema.ts';
import type { Target } from '../../model/report.ts';
import type { DocumentStore } from '../container/image-container.ts';
import type { Image } from '../image.ts';

/** Media types of indexes. */
export const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

/** Media types of manifests of a single image. */
const manifestTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

const platform = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.optional(z.string()),
  'os.version': z.optional(z.string()),
});

const descriptor = z.object({
  mediaType: z.optional(z.string()),
  digest: digestText,
  size: z.optional(z.number()),
  annotations: z.nullish(z.record(z.string(), z.string())),
  platform: z.nullish(platform),
  artifactType: z.nullish(z.string()),
  /** Other locations of the content. */
  urls: z.nullish(z.array(z.string())),
  /** The content itself, in base64. */
  data: z.nullish(z.string()),
});

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** OCI image-spec, "Image Index": also the `index.json` of a layout. */
export const indexDocument = z
  .object({
    mediaType: z.nullish(z.string()),
    manifests: z.nullish(z.array(descriptor)),
    config: z.optional(z.unknown()),
    layers: z.optional(z.unknown()),
  })
  .check(
    z.refine(
      ({ mediaType, config, layers }) =>
        !manifestTypes.has(mediaType ?? '') && isAbsent(config) && isAbsent(layers),
      'it is both an index and a manifest',
    ),
  );

/** The media type of the config, and the artifact type, of a SOCI index: docs/soci-index-manifest-v2.md of soci-snapshotter. */
export const sociIndexType = 'application/vnd.amazon.soci.index.v2+json';

/** OCI image-spec, "Image Manifest". */
export const manifestDocument = z
  .object({
    mediaType: z.nullish(z.string()),
    config: descriptor,
    layers: z.array(descriptor),
    artifactType: z.nullish(z.string()),
    annotations: z.nullish(z.record(z.string(), z.string())),
    manifests: z.optional(z.unknown()),
  })
  .check(
    z.refine(
      ({ mediaType, manifests }) => !indexTypes.has(mediaType ?? '') && isAbsent(manifests),
      'it is both a manifest and an index',
    ),
  );

/** OCI image-spec, "Image Configuration". */
export const configDocument = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.nullish(z.string()),
  created: z.nullish(z.string()),
  /** How containers run. Read by `labelsOf`: an invalid one does not concern the layers. */
  config: z.optional(z.unknown()),
  rootfs: z.nullish(z.object({ diff_ids: z.nullish(z.array(digestText)) })),
  history: z.nullish(
    z.array(z.object({ created_by: z.nullish(z.string()), empty_layer: z.nullish(z.boolean()) })),
  ),
});

/** `manifest.json` of `docker save`. */
export const dockerManifestDocument = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.nullish(z.array(z.string())),
    Layers: z.nullish(z.array(z.string())),
  }),
);

/** `repositories` of `docker save` before Docker 1.10: repository, tag, id of the top layer. */
export const repositoriesDocument = z.record(z.string(), z.record(z.string(), z.string()));

/** `<id>/json` in the same archives: a layer and its parent. */
export const legacyLayerDocument = z.object({
  parent: z.nullish(z.string()),
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  container_config: z.nullish(z.object({ Cmd: z.nullish(z.array(z.string())) })),
});

/** An entry of an index or manifest. */
export type Descriptor = z.infer<typeof descriptor>;
/** The fields of an image configuration that are read. */
export type ImageConfig = z.infer<typeof configDocument>;
/** Operating system and architecture in the notation of images. */
export type Platform = z.infer<typeof platform>;

/** Reads a document of an image. Throws `target-corrupt` with the name of the file and the invalid part. */
export function readDocument<T extends z.ZodMiniType>(
  store: DocumentStore,
  name: string,
  schema: T,
): z.infer<T> {
  const bytes = store.document(name);
  if (bytes === undefined)
    throw new ClairError('target-corrupt', `${store.name} has no ${name}, which the image refers to`);
  return parseDocument(bytes, `${name} in ${store.name}`, schema);
}

/** Returns the bytes if they have the digest. Throws `target-corrupt` otherwise. */
export function verifyDigest(bytes: Buffer, digest: Digest): Buffer {
  const actual = createHash(digestAlgorithm(digest)).update(bytes).digest('hex');
  if (actual === digestHex(digest)) return bytes;
  throw new ClairError(
    'target-corrupt',
    `the blob ${digest} has the digest ${digestAlgorithm(digest)}:${actual}`,
  );
}

/** Parses JSON by a schema. Matches keys to fields as Go does. `what` names the document in errors. */
export function parseDocument<T extends z.ZodMiniType>(bytes: Buffer, what: string, schema: T): z.infer<T> {
  const refuse: DocumentErrorFactory = (problem, cause) =>
    new ClairError('target-corrupt', `${what} ${problem}`, { cause });
  const json = withFoldedKeys(schema, { bytes, json: parseJson(bytes, refuse) }, refuse);
  return parseBySchema(schema, json, ({ fault }) => refuse(fault));
}

/** Returns the creation time in the configuration, as RFC 3339 in UTC, or nothing if it is not a valid time. */
export function createdOf({ created }: Pick<ImageConfig, 'created'>): Pick<Target, 'created'> {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(created ?? '') ? new Date(created ?? '') : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) return {};
  return { created: time.toISOString().replace(/\.\d+Z$/, 'Z') };
}

const labelledDocument = z.object({ Labels: z.record(z.string(), z.unknown()) });

/** Returns the labels in the configuration that are text, at most `limits.imageLabels` of them. */
export function labelsOf({ config }: Pick<ImageConfig, 'config'>): Pick<Image, 'labels'> {
  const { success, data } = z.safeParse(labelledDocument, config);
  if (!success) return {};
  const { imageLabels, imageLabelCharacters: charactersMax } = limits;
  const texts = Object.entries(data.Labels).filter(
    (label): label is [string, string] =>
      typeof label[1] === 'string' && label[0].length + label[1].length <= charactersMax,
  );
  return texts.length === 0 ? {} : { labels: Object.fromEntries(texts.slice(0, imageLabels)) };
}

/** Whether the name of an image is `wanted` or ends with it: `1.27` and `nginx:1.27` both match `docker.io/library/nginx:1.27`. */
export function isNameOf(name: string | undefined, wanted: string): boolean {
  if (name === undefined) return false;
  const isTag = name.endsWith(`:${wanted}`) && !wanted.includes('/');
  return name === wanted || name.endsWith(`/${wanted}`) || isTag;
}
