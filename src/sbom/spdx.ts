import * as z from 'zod/mini';
import { limits } from '../kit/limits.ts';
import { parseDigest } from '../model/digest.ts';
import { documentBy, innerJson, partBy, tooMany, unsupported } from './document-text.ts';
import type { Entry, ReadDocument, Subject } from './entry.ts';
import { ownDistro, ownLayer, ownPackage, ownStatus, ownTarget } from './own-parts.ts';
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
const ownImage = z.object({ target: ownTarget, layers: z.array(ownLayer), statuses: z.array(ownStatus) });

/** A document in SPDX, by whomever. */
export function readSpdx(document: unknown, name: string): ReadDocument {
  const told = documentBy(spdxDocument, document, name);
  const { spdxVersion, packages } = told;
  if (!/^SPDX-2\.[23]$/.test(spdxVersion))
    throw unsupported(`${name} is ${spdxVersion.slice(0, 20)}; SPDX-2.2 and SPDX-2.3 are read`);
  if (packages.length > limits.sbomComponents) throw tooMany(name);
  const parsed = packages.map(parsePackage);
  const image = parsed.map(({ own }) => partBy(ownImage, own)).find((own) => own !== undefined);
  const relations = relationsOf(told);
  return {
    subject: image?.target ?? subjectOf(told, parsed, relations),
    layers: image?.layers ?? [],
    statuses: image?.statuses ?? [],
    isOwn: image !== undefined,
    entries: entriesOf(parsed, relations),
  };
}

interface ParsedPackage {
  readonly reference: string;
  /** Undefined where it is malformed. */
  readonly found: SpdxPackage | undefined;
  /** What clair noted of it. */
  readonly own: unknown;
}

function parsePackage(value: unknown, index: number): ParsedPackage {
  const data = partBy(spdxPackage, value);
  if (data === undefined) return { reference: `packages[${index}]`, found: undefined, own: undefined };
  const note = data.annotations?.find(({ annotator }) => annotator?.startsWith('Tool: clair-'));
  return {
    reference: data.SPDXID || `packages[${index}]`,
    found: data,
    own: note?.comment == null ? undefined : innerJson(note.comment),
  };
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
  return {
    reference: root?.name || name || 'unnamed',
    kind: null,
    manifest: parseDigest(root?.versionInfo ?? '') ?? null,
    platform: null,
  };
}

function* entriesOf(parsed: readonly ParsedPackage[], relations: Relations): Generator<Entry> {
  const byReference = new Map(parsed.map((each) => [each.reference, each.found]));
  const sources = new Set(relations.sources.values());
  for (const { reference, found, own } of parsed) {
    if (sources.has(reference)) continue;
    const builtFrom = byReference.get(relations.sources.get(reference) ?? '');
    const entry =
      found === undefined
        ? ({ problem: 'is malformed', reference } as const)
        : (ownEntry(own, reference) ??
          toldPackageEntry(found, { reference, builtFrom, isSubject: relations.described.has(reference) }));
    if (entry !== undefined) yield entry;
  }
}

function ownEntry(own: unknown, reference: string): Entry | undefined {
  if (own === undefined) return undefined;
  const found = partBy(ownPackage, own);
  if (found !== undefined) return { own: found };
  const system = partBy(ownDistro, own);
  return system && { system, reference };
}
