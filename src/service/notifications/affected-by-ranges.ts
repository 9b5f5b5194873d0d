import { limits } from '../../core/limits.ts';
import type { Namespace } from '../../model/namespace.ts';
import type { VersionRange } from '../../model/version-range.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AffectedImage } from '../../store/image-store.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import { withKeys } from '../feeds/keyed-records.ts';
import { openFindings } from './open-findings.ts';

/** The versions of a package that a client calls vulnerable. */
export interface AskedVulnerability {
  /** The client's id. */
  readonly id: string;
  readonly namespace: Namespace;
  /** The package name in advisories of that namespace. */
  readonly package: string;
  readonly range: VersionRange;
}

/** Dependencies of `affectedByRanges`. */
export interface AffectedByRangesDeps {
  readonly store: Pick<Store, 'images'>;
  readonly extensions: Pick<Extensions, 'schemes'>;
}

/** An image, under all of its names, and the ids of the vulnerabilities that affect it. */
export interface AffectedByRange {
  readonly names: readonly string[];
  readonly ids: readonly string[];
}

/**
 * Yields the known images that have packages in these ranges, once for each package. Advisories of the store and suppressions do not count. A
 * version that no scheme can compare counts as affected.
 */
export async function* affectedByRanges(
  asked: readonly AskedVulnerability[],
  { store, extensions }: AffectedByRangesDeps,
): AsyncGenerator<AffectedByRange> {
  const records = asked.map((one, number) => recordOf(one, number, extensions));
  for (let after: string | undefined; records.length > 0; ) {
    const page = { limit: limits.listedPerPage, records, ...(after !== undefined && { after }) };
    const { images, next } = await store.images.pageAffected([], page);
    for (const image of images) yield { names: image.names, ids: idsOf(image, asked, extensions) };
    if (next === undefined) return;
    after = next;
  }
}

/** The id of a record is its position: the client's ids may repeat. */
function recordOf(
  { namespace, package: name, range }: AskedVulnerability,
  number: number,
  { schemes }: Pick<Extensions, 'schemes'>,
): StoredVulnerability {
  const record = {
    number,
    source: 'request',
    feed: '',
    key: String(number),
    id: String(number),
    aliases: [],
    links: [],
    severity: 'Unknown' as const,
    cvss: [],
    validFrom: '',
    validTo: null,
    affected: [{ namespace, package: name, range, fix: { state: 'unfixed' as const } }],
  };
  return withKeys(record, schemes, 'the request');
}

function idsOf(
  { packages, hits }: AffectedImage,
  asked: readonly AskedVulnerability[],
  extensions: Pick<Extensions, 'schemes'>,
): string[] {
  return hits
    .filter((hit) => openFindings({ packages, hits: [hit] }, extensions).findings.length > 0)
    .flatMap(({ id }) => asked[Number(id)]?.id ?? []);
}
