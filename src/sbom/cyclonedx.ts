import * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { quoteUntrusted } from '../kit/untrusted-text.ts';
import { parseDigest } from '../model/digest.ts';
import { imageIdentity } from '../model/image-identity.ts';
import type { ExtensionStatus, ReportLayer, UnreadEvidence } from '../model/report.ts';
import { statusSchema, unreadSchema } from './clair-schemas.ts';
import { clairDistroOf, clairLayerOf, clairPackageOf, isClairComponent } from './cyclonedx-clair.ts';
import {
  allComponents,
  type CyclonedxComponent,
  type PlacedComponent,
  parseComponent,
} from './cyclonedx-component.ts';
import { distroFromComponent, entryFromComponent } from './cyclonedx-third-party.ts';
import {
  damagedDataEntry,
  distroEntry,
  type SbomDocument,
  type SbomEntry,
  type SbomSubject,
} from './sbom-entry.ts';
import { parseEmbeddedJson, parsePart, parseSbomDocument, unsupportedSbom } from './sbom-json.ts';

const bomSchema = z.object({
  specVersion: z.string(),
  metadata: z.nullish(z.object({ tools: z.optional(z.unknown()), component: z.optional(z.unknown()) })),
  components: z.nullish(z.array(z.unknown())),
  dependencies: z.nullish(z.array(z.unknown())),
});
/** The dependencies of a component, by reference. */
const dependencySchema = z.object({ ref: z.string(), dependsOn: z.nullish(z.array(z.string())) });

/** The tools as clair writes them, since CycloneDX 1.5. */
const toolsSchema = z.object({ components: z.array(z.object({ name: z.string() })) });

/** Components of these types are not packages unless they have a package URL. */
const nonPackageTypes: ReadonlySet<string> = new Set([
  ...['container', 'file', 'data', 'device', 'device-driver', 'firmware'],
  ...['machine-learning-model', 'cryptographic-asset'],
]);

/** Reads a CycloneDX document of clair or of another tool. */
export function readCyclonedx(document: unknown, name: string): SbomDocument {
  const { specVersion, metadata, components, dependencies } = parseSbomDocument(bomSchema, document, name);
  if (!/^1\.[2-7]$/.test(specVersion))
    throw unsupportedSbom(
      `${name} is CycloneDX ${specVersion.slice(0, 20)}; supported versions are 1.2 to 1.7`,
    );
  const root = parseComponent(metadata?.component);
  const { layers, statuses, unread, parts } = imageIn(root);
  const placed = allComponents([...parts, ...(components ?? [])], name);
  return {
    subject: subjectOf(root),
    layers,
    statuses: statuses.filter((status) => status !== undefined),
    ...unreadOf(unread),
    ...entriesOf(placed, {
      isFromClair:
        parsePart(toolsSchema, metadata?.tools)?.components.some((tool) => tool.name === 'clair') ?? false,
      dependencies: dependenciesIn(dependencies ?? []),
      isDamaged:
        [...statuses, ...unread].includes(undefined) || (metadata?.component != null && root === undefined),
    }),
  };
}

function unreadOf(unread: readonly (UnreadEvidence | undefined)[]): Pick<SbomDocument, 'unread'> {
  return unread.length === 0 ? {} : { unread: unread.filter((one) => one !== undefined) };
}

function subjectOf(root: CyclonedxComponent | undefined): SbomSubject {
  if (root === undefined) return { reference: 'unnamed', kind: null, manifest: null, platform: null };
  const property = (name: string): string | undefined => root.properties.get(`clair:target:${name}`);
  const version = parseDigest(root.version ?? '') ?? null;
  // The version is the image ID if the image has no manifest.
  const imageId = property('imageId');
  const created = property('created');
  const claims = {
    names: root.properties.all('clair:target:name'),
    digest: imageId ?? version ?? undefined,
    repoDigests: root.properties.all('clair:target:repoDigest'),
  };
  return {
    reference: property('reference') ?? (root.name || 'unnamed'),
    kind: property('kind') ?? null,
    manifest: version === imageId ? null : version,
    platform: property('platform') ?? null,
    ...(created !== undefined && { created }),
    ...imageIdentity(claims, limits),
  };
}

/** Reads what clair wrote into the component of the image, and the other components in it. */
function imageIn(root: CyclonedxComponent | undefined): {
  readonly layers: readonly ReportLayer[];
  readonly statuses: readonly (ExtensionStatus | undefined)[];
  readonly unread: readonly (UnreadEvidence | undefined)[];
  readonly parts: readonly unknown[];
} {
  const layers: ReportLayer[] = [];
  const parts: unknown[] = [];
  for (const value of root?.components ?? []) {
    const component = parseComponent(value);
    const layer = component && clairLayerOf(component);
    if (layer === undefined) parts.push(value);
    else layers.push(layer);
  }
  const statuses = root?.properties.all('clair:status') ?? [];
  const unread = root?.properties.all('clair:unread') ?? [];
  return {
    layers,
    parts,
    statuses: statuses.map((json) => parsePart(statusSchema, parseEmbeddedJson(json))),
    unread: unread.map((json) => parsePart(unreadSchema, parseEmbeddedJson(json))),
  };
}

/** The facts about a document that reading its components needs. */
interface DocumentContext {
  readonly isFromClair: boolean;
  readonly isDamaged: boolean;
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
}

/** Maps each reference to the references that it depends on. */
function dependenciesIn(dependencies: readonly unknown[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    dependencies.flatMap((value) => {
      const found = parsePart(dependencySchema, value);
      return found === undefined ? [] : [[found.ref, found.dependsOn ?? []] as const];
    }),
  );
}

function entriesOf(
  placed: Iterable<PlacedComponent>,
  { isFromClair, isDamaged, dependencies }: DocumentContext,
): Pick<SbomDocument, 'isFromClair' | 'entries'> {
  function* entries(): Generator<SbomEntry> {
    if (isDamaged)
      yield {
        problem: 'is malformed, or its property clair:status or clair:unread is',
        reference: 'metadata.component',
      };
    for (const { found, reference } of placed)
      if (found === undefined) yield { problem: 'is malformed', reference };
      else yield* componentEntries({ found, reference, isFromClair, dependencies });
  }
  return { isFromClair, entries: entries() };
}

function* componentEntries({
  found,
  reference,
  isFromClair,
  dependencies,
}: Omit<DocumentContext, 'isDamaged'> & {
  found: CyclonedxComponent;
  reference: string;
}): Generator<SbomEntry> {
  const clairPackage = clairPackageOf(found, dependencies);
  if (clairPackage === undefined && isClairComponent(found)) yield damagedDataEntry(reference);
  const entry = clairPackage === undefined ? entryOf(found, reference, isFromClair) : { clairPackage };
  if (entry !== undefined) yield entry;
}

function entryOf(found: CyclonedxComponent, reference: string, isFromClair: boolean): SbomEntry | undefined {
  if (found.type === 'operating-system')
    return distroEntry(isFromClair ? clairDistroOf(found) : distroFromComponent(found), reference);
  if (found.purl) return entryFromComponent(found, found.purl, reference);
  if (nonPackageTypes.has(found.type ?? '') || found.properties.isGroup) return undefined;
  return { problem: `${quoteUntrusted(found.name ?? '')} has no package URL`, reference };
}
