import { bestFix } from '../match/findings.ts';
import type { Fix } from '../model/fix.ts';
import { advisoryNamespaceOf, type Namespace, namespaceOfDistro } from '../model/namespace.ts';
import type { Match } from '../model/report.ts';
import type { ImagePackage, NamedLayer, Store } from '../store/store.ts';
import { type Assessment, type AssessmentRoom, assessPackages, type PlacedHit } from './assess-packages.ts';
import type { VulnerabilityView } from './vulnerability-view.ts';
import { writtenFeed } from './written-vulnerabilities.ts';

/** A vulnerability of an installed package. */
export interface FoundVulnerability extends VulnerabilityView {
  readonly fix: Fix;
}

/** An installed package, and the name of the layer that brought it. */
export interface LayerPackage {
  readonly package: ImagePackage;
  readonly addedBy: string;
  readonly vulnerabilities: readonly FoundVulnerability[];
}

/** A layer by its name, with all below it. */
export interface LayerView {
  readonly name: string;
  readonly parent: string | null;
  /** Null where no release file says what distribution it is, or one that nobody knows. */
  readonly namespace: Namespace | null;
  /** Present where it was asked for. */
  readonly packages?: readonly LayerPackage[];
}

/** How much is to be told of a layer. */
export type LayerDetail = 'none' | 'packages' | 'vulnerabilities';

/** What looking at a layer needs. */
export interface LayerViewRoom extends AssessmentRoom {
  readonly store: AssessmentRoom['store'] & Pick<Store, 'namedLayers'>;
}

/** What is known of a layer; undefined where there is none of that name. */
export async function viewLayer(
  name: string,
  detail: LayerDetail,
  room: LayerViewRoom,
): Promise<LayerView | undefined> {
  const chain = await room.store.namedLayers.chain(name);
  const layer = chain.at(-1);
  if (layer === undefined) return undefined;
  const image = await room.store.images.read(layer.image);
  const own = image.distro === null ? undefined : namespaceOfDistro(image.distro);
  const view = { name, parent: layer.parent, namespace: own === undefined ? null : advisoryNamespaceOf(own) };
  if (detail === 'none') return view;
  const assessment =
    detail === 'packages' ? undefined : await assessPackages(layer.image, image.packages, room);
  const found = assessment === undefined ? undefined : vulnerabilitiesOf(assessment, room);
  const broughtBy = namesByLayer(chain, image.layers);
  return {
    ...view,
    packages: image.packages
      .map((item, position) => ({
        package: item,
        addedBy: broughtBy.get(item.location.layer ?? '') ?? name,
        vulnerabilities: found?.get(position) ?? [],
      }))
      .filter((one) => hasVersion(one.package, room.extensions)),
  };
}

/** Clair passes over what has no version of its kind. */
function hasVersion({ lookup }: ImagePackage, { schemes }: LayerViewRoom['extensions']): boolean {
  if (lookup === null || lookup.key !== undefined) return true;
  const scheme = schemes.find(({ name }) => name === lookup.namespace.versionScheme);
  return scheme?.compare(lookup.version, lookup.version) !== undefined;
}

/** Posted layers are known by their diffIDs; of equal layers in one chain the lowest counts. */
function namesByLayer(chain: readonly NamedLayer[], layers: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const [i, diffId] of layers.entries()) if (!names.has(diffId)) names.set(diffId, chain[i]?.name ?? '');
  return names;
}

/** By place of the package: each vulnerability once, under the id of its source, in the order of the ids. */
function vulnerabilitiesOf(
  { hits, findings, enrichments }: Assessment,
  { extensions }: LayerViewRoom,
): Map<number, FoundVulnerability[]> {
  const open = new Map(
    findings.matches.flatMap((match) =>
      match.evidence.map(({ source, advisory }) => [
        `${match.package.purl}\n${match.package.location.path}\n${source}\n${advisory}`,
        match,
      ]),
    ),
  );
  const matchOf = (hit: PlacedHit): Match | undefined =>
    open.get(`${hit.package.purl}\n${hit.package.location.path}\n${hit.source}\n${hit.id}`);
  const compare = (name: string, a: string, b: string): number | undefined =>
    extensions.schemes.find((scheme) => scheme.name === name)?.compare(a, b);
  const toFound = (group: readonly PlacedHit[]): FoundVulnerability[] => {
    const [hit] = group;
    const match = hit && matchOf(hit);
    if (hit === undefined || match === undefined) return [];
    return [foundOf(hit, match, { fix: bestFix(group, compare), enrichments })];
  };
  const byPlace = Map.groupBy(hits, ({ position }) => position);
  return new Map(
    [...byPlace].map(([position, placed]) => [
      position,
      [...Map.groupBy(placed, ({ id }) => id).values()].flatMap(toFound),
    ]),
  );
}

function foundOf(
  hit: PlacedHit,
  { vulnerability }: Match,
  { fix, enrichments }: { readonly fix: Fix } & Pick<Assessment, 'enrichments'>,
): FoundVulnerability {
  // What a user wrote is told as written: others have nothing to add.
  const isWritten = hit.source === writtenFeed.source;
  return {
    id: hit.id,
    namespace: hit.namespace,
    description: hit.description ?? (isWritten ? null : vulnerability.description),
    link: hit.links[0] ?? null,
    severity: hit.severity === 'Unknown' && !isWritten ? vulnerability.severity : hit.severity,
    metadata: isWritten ? (hit.metadata ?? {}) : hit.metadata,
    enrichments: enrichments.get(vulnerability.id) ?? [],
    fix,
  };
}
