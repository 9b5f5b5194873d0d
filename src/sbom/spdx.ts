import * as z from 'zod/mini';
import { limits } from '../kit/limits.ts';
import { parseDigest } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import { documentBy, innerJson, partBy, tooMany, unsupported } from './document-text.ts';
import { damagedNote, type Entry, type ReadDocument, type Subject } from './entry.ts';
import { ownDistro, ownLayer, ownPackage, ownStatus, ownTarget, ownUnread } from './own-parts.ts';
import { type SpdxPackage, spdxPackage, toldPackageEntry } from './spdx-told.ts';

const text = z.nullish(z.string());

const spdxDocument = z.object({
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
type SpdxDocument = z.infer<typeof spdxDocument>;

/** What clair says of an image beside the fields of SPDX. */
const ownImage = z.object({
  target: ownTarget,
  layers: z.array(ownLayer),
  unread: z.optional(z.array(ownUnread)),
  statuses: z.array(ownStatus),
});

/** A document in SPDX, by whomever. */
export function readSpdx(document: unknown, name: string): ReadDocument {
  const told = documentBy(spdxDocument, document, name);
  const { spdxVersion, packages } = told;
  if (!/^SPDX-2\.[23]$/.test(spdxVersion))
    throw unsupported(`${name} is ${spdxVersion.slice(0, 20)}; SPDX-2.2 and SPDX-2.3 are read`);
  if (packages.length > limits.sbomComponents) throw tooMany(name, 'sbomComponents');
  const parsed = packages.map(parsePackage);
  const image = parsed.map(({ note }) => note.image).find((found) => found !== undefined);
  const relations = relationsOf(told);
  return {
    subject: image?.target ?? subjectOf(told, parsed, relations),
    layers: image?.layers ?? [],
    statuses: image?.statuses ?? [],
    ...(image?.unread !== undefined && { unread: image.unread }),
    isOwn: image !== undefined,
    entries: entriesOf(parsed, relations),
  };
}

interface ParsedPackage {
  readonly reference: string;
  /** Undefined where it is malformed. */
  readonly found: SpdxPackage | undefined;
  readonly note: Note;
}

/** What clair noted of a package of the document, which may stand for the image, for its distribution or for something installed. */
interface Note {
  readonly image?: z.infer<typeof ownImage> | undefined;
  readonly own?: Package | undefined;
  readonly system?: Distro | undefined;
  readonly isDamaged?: boolean;
}

function parsePackage(value: unknown, index: number): ParsedPackage {
  const found = partBy(spdxPackage, value);
  return { reference: found?.SPDXID || `packages[${index}]`, found, note: noteIn(found) };
}

function noteIn(found: SpdxPackage | undefined): Note {
  const note = found?.annotations?.find(({ annotator }) => annotator?.startsWith('Tool: clair-'));
  if (note === undefined) return {};
  const json = innerJson(note.comment ?? '');
  const own = partBy(ownPackage, json);
  const system = own === undefined ? partBy(ownDistro, json) : undefined;
  const image = (own ?? system) === undefined ? partBy(ownImage, json) : undefined;
  return { image, own, system, isDamaged: (own ?? system ?? image) === undefined };
}

/** What a document says of its packages beside them. */
interface Relations {
  readonly described: ReadonlySet<string>;
  /** From a package to what it was built from. */
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

/** What the document describes, by the package of it, where that is one. */
function subjectOf(
  { name }: SpdxDocument,
  parsed: readonly ParsedPackage[],
  { described }: Relations,
): Subject {
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

function* entriesOf(parsed: readonly ParsedPackage[], relations: Relations): Generator<Entry> {
  const byReference = new Map(parsed.map((each) => [each.reference, each.found]));
  const sources = new Set(relations.sources.values());
  for (const { reference, found, note } of parsed) {
    if (sources.has(reference)) continue;
    if (note.isDamaged === true) yield damagedNote(reference);
    const builtFrom = byReference.get(relations.sources.get(reference) ?? '');
    const isSubject = relations.described.has(reference);
    const entry =
      found === undefined
        ? ({ problem: 'is malformed', reference } as const)
        : (ownEntry(note, reference) ?? toldPackageEntry(found, { reference, builtFrom, isSubject }));
    if (entry !== undefined) yield entry;
  }
}

function ownEntry({ own, system }: Note, reference: string): Entry | undefined {
  if (own !== undefined) return { own };
  return system && { system, reference };
}
