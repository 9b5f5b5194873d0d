import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { omitUndefined } from '../kit/collections.ts';
import { digestText } from '../model/digest-schema.ts';
import type { Distro } from '../model/distro.ts';
import { evidenceKinds } from '../model/evidence/kinds.ts';
import { imageIdentity } from '../model/image-identity.ts';
import { type Package, type PackageLocation, packageEvidences, packageOrigins } from '../model/package.ts';
import { isPackageHash, type PackageHash } from '../model/package-hash.ts';
import type { ExtensionStatus, ReportLayer, UnreadEvidence } from '../model/report.ts';
import type { SbomSubject } from './sbom-entry.ts';

/** Text that every database can store. */
const text = z
  .string()
  .check(z.refine((value) => !value.includes('\0') && value.isWellFormed(), 'text that cannot be stored'));

/** A name or a version. The limit keeps database indexes small enough. */
const name = text.check(z.maxLength(512));
const maybe = z.optional(text);
const maybeName = z.optional(name);

const evidence = z.optional(z.enum(packageEvidences));
const parent = z.optional(z.object({ name, version: name }));

/** One of several locations of a package. */
const packageLocation: z.ZodMiniType<PackageLocation> = withoutUndefined(
  z.object({ path: text, layer: z.nullable(digestText), evidence, parent, owner: maybeName }),
);

const packageHash = z.custom<PackageHash>((hash) => typeof hash === 'string' && isPackageHash(hash));

/** A package of a report. */
export const packageSchema: z.ZodMiniType<Package> = withoutUndefined(
  z.object({
    type: name,
    name,
    version: name,
    arch: maybeName,
    source: z.optional(z.object({ name, version: name })),
    modularity: maybeName,
    vendor: maybe,
    licence: maybe,
    purl: text,
    location: z.object({ path: text, layer: z.nullable(digestText) }),
    foundBy: name,
    repositories: z.optional(z.array(name)),
    owner: maybeName,
    supplier: maybe,
    licenses: z.optional(z.array(text)),
    hashes: z.optional(z.array(packageHash)),
    replaces: z.optional(z.object({ name, version: name })),
    origin: z.optional(z.enum(packageOrigins)),
    proof: maybe,
    dependsOn: z.optional(z.array(text)),
    evidence,
    parent,
    locations: z.optional(z.array(packageLocation)),
  }),
);

/** A layer of a report. */
export const layerSchema: z.ZodMiniType<ReportLayer> = z.object({
  digest: z.nullable(digestText),
  diffId: z.nullable(digestText),
  sizeBytes: z.number().check(z.nonnegative()),
  createdBy: z.nullable(z.string()),
  verified: z.boolean(),
});

/** A distribution of a report. */
export const distroSchema: z.ZodMiniType<Distro> = withoutUndefined(
  z.object({
    id: name,
    versionId: maybeName,
    versionCodename: maybeName,
    prettyName: maybe,
    like: z.array(name),
    supportEnd: maybe,
  }),
);

/** The result of one extension in a report. */
export const statusSchema: z.ZodMiniType<ExtensionStatus> = z.object({
  extension: z.string(),
  status: z.enum(['succeeded', 'partly-failed', 'failed']),
  files: z.array(
    z.object({ path: z.string(), layer: z.nullable(digestText), problem: z.nullable(z.string()) }),
  ),
});

/** Software that an image contains and no package database lists, in a report. */
export const unreadSchema: z.ZodMiniType<UnreadEvidence> = withoutUndefined(
  z.object({
    kind: z.enum(evidenceKinds),
    count: z.number().check(z.nonnegative()),
    paths: z.array(z.string()),
    truncated: z.optional(z.boolean()),
  }),
);

/** The target of a scan in a report. For the report of an SBOM, this is the subject of that SBOM. */
export const targetSchema: z.ZodMiniType<SbomSubject> = z.pipe(
  z.object({
    reference: z.string(),
    kind: z.nullable(z.string()),
    manifest: z.nullable(digestText),
    platform: z.nullable(z.string()),
    created: z.optional(z.string()),
    subject: z.optional(z.object({ reference: z.string(), kind: z.nullable(z.string()) })),
    names: z.optional(z.array(z.string())),
    digest: z.optional(z.string()),
    repoDigests: z.optional(z.array(z.string())),
  }),
  z.transform(({ subject, created, names, digest, repoDigests, ...target }): SbomSubject => {
    const identity = imageIdentity(omitUndefined({ names, digest, repoDigests }), limits);
    return { ...target, ...(created !== undefined && { created }), ...subject, ...identity };
  }),
);

/** Omits undefined members: the model leaves unknown members absent. */
function withoutUndefined<T extends object>(schema: z.ZodMiniType<object>): z.ZodMiniType<T> {
  return z.pipe(
    schema,
    z.transform((value) => omitUndefined(value) as T),
  );
}
