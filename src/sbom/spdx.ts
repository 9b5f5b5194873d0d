import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import {
  distroSchema,
  layerSchema,
  packageSchema,
  statusSchema,
  targetSchema,
  unreadSchema,
} from './clair-schemas.ts';
import { damagedDataEntry, type SbomDocument, type SbomEntry, type SbomSubject } from './sbom-entry.ts';
import {
  parseEmbeddedJson,
  parsePart,
  parseSbomDocument,
  tooManyListed,
  unsupportedSbom,
} from './sbom-json.ts';
import { entryFromSpdxPackage, type SpdxPackage, spdxPackageSchema } from './spdx-third-party.ts';

const text = z.nullish(z.string());

const documentSchema = z.object({
  spdxVersion: z.string(),
  name: text,
  packages: z.pipe(
    z.nullish(z.array(z.unknown())),
    z.transform((packages) => packages ?? []),
  ),
  documentDescribes: z.nullish(z.array(z.string())),
  relationships: z.nullish(
    z.array(z.object({ spdxElementId: text, relationshipType: text, relatedSpdxElement: text })),
  ),
});
type SpdxDocument = z.infer<typeof documentSchema>;

/** Members of an image that SPDX has no field for. */
const imageSchema = z.object({
  target: targetSchema,
  layers: z.array(layerSchema),
  unread: z.optional(z.array(unreadSchema)),
  statuses: z.array(statusSchema),
});

/** Reads an SPDX document of clair or of another tool. */
export function readSpdx(document: unknown, name: string): SbomDocument {
  const spdx = parseSbomDocument(documentSchema, document, name);
  const { spdxVersion, packages } = spdx;
  if (!/^SPDX-2\.[23]$/.test(spdxVersion))
    throw unsupportedSbom(
      `${name} is ${spdxVersion.slice(0, 20)}; supported versions are SPDX-2.2 and SPDX-2.3`,
    );
  if (packages.length > limits.sbomComponents) throw tooManyListed(name, 'sbomComponents');
  const parsed = packages.map(parsePackage);
  const image = parsed.map(({ annotation }) => annotation.image).find((found) => found !== undefined);
  const relations = relationsOf(spdx);
  return {
    subject: image?.target ?? subjectOf(spdx, parsed, relations),
    layers: image?.layers ?? [],
    statuses: image?.statuses ?? [],
    ...(image?.unread !== undefined && { unread: image.unread }),
    isFromClair: image !== undefined,
    entries: entriesOf(parsed, relations),
  };
}

interface ParsedPackage {
  readonly reference: string;
  /** Undefined if it is malformed. */
  readonly found: SpdxPackage | undefined;
  readonly annotation: ClairAnnotation;
}

/** The annotation of clair on an SPDX package: an image, a distribution or an installed package. */
interface ClairAnnotation {
  readonly image?: z.infer<typeof imageSchema> | undefined;
  readonly clairPackage?: Package | undefined;
  readonly distro?: Distro | undefined;
  readonly isDamaged?: boolean;
}

function parsePackage(value: unknown, index: number): ParsedPackage {
  const found = parsePart(spdxPackageSchema, value);
  return { reference: found?.SPDXID || `packages[${index}]`, found, annotation: clairAnnotationIn(found) };
}

function clairAnnotationIn(found: SpdxPackage | undefined): ClairAnnotation {
  const annotation = found?.annotations?.find(({ annotator }) => annotator?.startsWith('Tool: clair-'));
  if (annotation === undefined) return {};
  const json = parseEmbeddedJson(annotation.comment ?? '');
  const clairPackage = parsePart(packageSchema, json);
  const distro = clairPackage === undefined ? parsePart(distroSchema, json) : undefined;
  const image = (clairPackage ?? distro) === undefined ? parsePart(imageSchema, json) : undefined;
  return { image, clairPackage, distro, isDamaged: (clairPackage ?? distro ?? image) === undefined };
}

/** Relationships of the packages of a document. */
interface Relations {
  readonly described: ReadonlySet<string>;
  /** Package references by the reference they were generated from. */
  readonly sources: ReadonlyMap<string, string>;
}

function relationsOf({ relationships, documentDescribes }: SpdxDocument): Relations {
  const described = new Set(documentDescribes ?? []);
  const sources = new Map<string, string>();
  for (const { spdxElementId: from, relationshipType: type, relatedSpdxElement: to } of relationships ?? []) {
    if (from == null || to == null) continue;
    if (type === 'DESCRIBES') described.add(to);
    else if (type === 'DESCRIBED_BY') described.add(from);
    else if (type === 'GENERATED_FROM') sources.set(from, to);
    else if (type === 'GENERATES') sources.set(to, from);
  }
  return { described, sources };
}

/** Returns the reference of the package that the document describes, if it describes one. */
function subjectOf(
  { name }: SpdxDocument,
  parsed: readonly ParsedPackage[],
  { described }: Relations,
): SbomSubject {
  const roots = parsed.filter(({ reference }) => described.has(reference));
  const root = roots.length === 1 ? roots[0]?.found : undefined;
  const manifest = parseDigest(root?.versionInfo ?? '') ?? null;
  return {
    reference: root?.name || name || 'unnamed',
    kind: null,
    manifest,
    platform: null,
    ...(manifest !== null && { digest: manifest }),
  };
}

function* entriesOf(parsed: readonly ParsedPackage[], relations: Relations): Generator<SbomEntry> {
  const byReference = new Map(parsed.map((each) => [each.reference, each.found]));
  const sources = new Set(relations.sources.values());
  for (const { reference, found, annotation } of parsed) {
    if (sources.has(reference)) continue;
    if (annotation.isDamaged === true) yield damagedDataEntry(reference);
    const builtFrom = byReference.get(relations.sources.get(reference) ?? '');
    const isSubject = relations.described.has(reference);
    const entry =
      found === undefined
        ? ({ problem: 'is malformed', reference } as const)
        : (clairEntryOf(annotation, reference) ??
          entryFromSpdxPackage(found, { reference, builtFrom, isSubject }));
    if (entry !== undefined) yield entry;
  }
}

function clairEntryOf({ clairPackage, distro }: ClairAnnotation, reference: string): SbomEntry | undefined {
  if (clairPackage !== undefined) return { clairPackage };
  return distro && { distro, reference };
}
