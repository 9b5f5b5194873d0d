import * as z from 'zod/mini';
import { omitUndefined } from '../kit/collections.ts';
import { percentDecode } from '../kit/untrusted-text.ts';
import type {
  Justification,
  ProductNames,
  VexProduct,
  VexStatement,
  VexStatus,
} from '../model/suppression.ts';
import {
  nullishListOf,
  type ParsedVex,
  parseVexPart,
  productNamesOf,
  rfc3339Time,
  type VexReadOptions,
} from './vex-document.ts';

interface Component {
  readonly type?: string | null | undefined;
  readonly 'bom-ref'?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly purl?: string | null | undefined;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[] | null | undefined;
  readonly components?: readonly Component[] | null | undefined;
}
const component: z.ZodMiniType<Component> = z.object({
  type: z.nullish(z.string()),
  'bom-ref': z.nullish(z.string()),
  name: z.nullish(z.string()),
  purl: z.nullish(z.string()),
  hashes: nullishListOf(z.object({ alg: z.string(), content: z.string() })),
  components: nullishListOf(z.lazy(() => component)),
});

const entity = z.nullish(z.object({ name: z.nullish(z.string()) }));
const cyclonedx = z.object({
  bomFormat: z.literal('CycloneDX'),
  serialNumber: z.nullish(z.string()),
  version: z.nullish(z.number()),
  metadata: z.nullish(
    z.object({
      timestamp: z.nullish(rfc3339Time),
      component: z.nullish(component),
      authors: nullishListOf(z.object({ name: z.nullish(z.string()) })),
      manufacturer: entity,
      manufacture: entity,
      supplier: entity,
    }),
  ),
  components: nullishListOf(component),
  vulnerabilities: nullishListOf(z.unknown()),
});

const vulnerability = z.object({
  id: z.nullish(z.string()),
  references: nullishListOf(z.object({ id: z.nullish(z.string()) })),
  updated: z.nullish(rfc3339Time),
  analysis: z.nullish(
    z.object({
      state: z.nullish(z.string()),
      justification: z.nullish(z.string()),
      detail: z.nullish(z.string()),
      firstIssued: z.nullish(rfc3339Time),
      lastUpdated: z.nullish(rfc3339Time),
    }),
  ),
  affects: nullishListOf(
    z.object({
      ref: z.string(),
      versions: nullishListOf(
        z.object({
          version: z.nullish(z.string()),
          range: z.nullish(z.string()),
          status: z.nullish(z.string()),
        }),
      ),
    }),
  ),
});
type Vulnerability = z.output<typeof vulnerability>;

/** Status of OpenVEX by `analysis.state`. Any other state gives no statement. */
const statusByState: ReadonlyMap<string, VexStatus> = new Map<string, VexStatus>([
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
  ['exploitable', 'affected'],
  ['in_triage', 'under_investigation'],
  ['false_positive', 'not_affected'],
  ['not_affected', 'not_affected'],
]);

/** Justification of OpenVEX and CISA by `analysis.justification`, where they have an equivalent. */
const justificationByReason: ReadonlyMap<string, Justification> = new Map<string, Justification>([
  ['code_not_present', 'vulnerable_code_not_present'],
  ['code_not_reachable', 'vulnerable_code_not_in_execute_path'],
  ['protected_by_compiler', 'inline_mitigations_already_exist'],
  ['protected_at_runtime', 'inline_mitigations_already_exist'],
  ['protected_at_perimeter', 'inline_mitigations_already_exist'],
  ['protected_by_mitigating_control', 'inline_mitigations_already_exist'],
]);

/** Reads the statements of a CycloneDX document, 1.4 or later (ECMA-424). The document may also be an SBOM with vulnerabilities. */
export function readCycloneDx(value: unknown, reading: VexReadOptions): ParsedVex {
  const bom = parseVexPart(cyclonedx, value, reading);
  const { metadata } = bom;
  const serial = bom.serialNumber ?? reading.place;
  const authors = [
    ...(metadata?.authors ?? []),
    metadata?.manufacturer ?? metadata?.manufacture,
    metadata?.supplier,
  ];
  const author = authors.find((one) => one?.name)?.name ?? 'its author';
  const document = { id: serial, author, place: reading.place };
  const productOf = productsOf(bom);
  const statements = (bom.vulnerabilities ?? []).flatMap((one, i): VexStatement[] => {
    const parsed = parseVexPart(vulnerability, one, {
      ...reading,
      place: `${reading.place} (vulnerability ${i + 1})`,
    });
    const status = statusByState.get(parsed.analysis?.state ?? '');
    const ids = [parsed.id, ...(parsed.references ?? []).map(({ id }) => id)].filter(
      (id) => typeof id === 'string',
    );
    if (status === undefined || !reading.wants(ids)) return [];
    const products = (parsed.affects ?? []).flatMap((affected): VexProduct[] => {
      const product = productOf(affected.ref);
      return product === undefined ? [] : [restrictVersions(product, versionsOf(affected, status))];
    });
    return [{ document, ids, products, status, ...explanationOf(parsed, metadata?.timestamp) }];
  });
  return { document, statements };
}

function explanationOf(
  { analysis, updated }: Vulnerability,
  documentTime: string | null | undefined,
): Pick<VexStatement, 'justification' | 'words' | 'time'> {
  const word = analysis?.justification ?? '';
  const justification = justificationByReason.get(word);
  // A justification without an equivalent becomes part of the explanation.
  const unmapped = justification === undefined ? word.replaceAll('_', ' ') : '';
  const explanation = [unmapped, analysis?.detail].filter(Boolean).join('; ');
  const time = analysis?.lastUpdated ?? analysis?.firstIssued ?? updated ?? documentTime ?? undefined;
  return omitUndefined({ justification, words: explanation || undefined, time });
}

type Versions = Pick<ProductNames, 'versions' | 'ranges'>;

function versionsOf(
  { versions }: NonNullable<Vulnerability['affects']>[number],
  status: VexStatus,
): Versions {
  if (!versions) return {};
  const covered = versions.filter((one) => statusCovers(one.status, status));
  return {
    versions: covered.flatMap(({ version }) => version ?? []),
    ranges: covered.flatMap(({ range }) => range ?? []),
  };
}

/**
 * Returns whether a statement with this status covers a version or range with this `status`. A document that states "fixed" or "not
 * affected" may also list the affected ones. Without a `status`, a version or range is `affected`: the default of ECMA-424. Documents that
 * state "not affected" often leave it out, and mean the versions of the statement.
 */
function statusCovers(word: string | null | undefined, status: VexStatus): boolean {
  if (status === 'fixed') return word === 'unaffected';
  return status !== 'not_affected' || !word || word === 'unaffected';
}

/** Restricts a product to versions. If the product is an image, the versions apply to its parts. */
function restrictVersions({ parts, ...names }: VexProduct, versions: Versions): VexProduct {
  if (parts === undefined) return { ...names, ...versions };
  return { ...names, parts: parts.map((part) => ({ ...part, ...versions })) };
}

/**
 * Returns a lookup from a reference to its product: a component of this document, or through a BOM-Link a component of another one. The
 * latter must be named by its package URL.
 */
function productsOf({
  serialNumber,
  metadata,
  components,
}: z.output<typeof cyclonedx>): (ref: string) => VexProduct | undefined {
  const subject = metadata?.component;
  // A vulnerability that is not exploitable in one image may be exploitable in another with the same package.
  const image = subject?.type === 'container' ? toProductNames(subject) : undefined;
  const componentsByRef = new Map<string, ProductNames>();
  for (const one of flattenComponents([...(components ?? []), ...(subject?.components ?? [])]))
    if (one['bom-ref']) componentsByRef.set(one['bom-ref'], toProductNames(one));
  return (ref) => {
    const name = localName(ref, serialNumber);
    if (subject?.['bom-ref'] === name) return image ?? toProductNames(subject);
    const part = componentsByRef.get(name) ?? (name.startsWith('pkg:') ? productNamesOf([name]) : undefined);
    return image === undefined || part === undefined ? part : { ...image, parts: [part] };
  };
}

/** Resolves a BOM-Link, `urn:cdx:<serial>/<version>#<bom-ref>`, to its bom-ref. Returns any other reference unchanged. */
function localName(ref: string, serialNumber: string | null | undefined): string {
  const [, serial = '', name = ''] = /^urn:cdx:([^/]+)\/\d+#(.+)$/.exec(ref) ?? [];
  if (name === '') return ref;
  const decoded = percentDecode(name) ?? name;
  return serialNumber === `urn:uuid:${serial}` || decoded.startsWith('pkg:') ? decoded : ref;
}

function* flattenComponents(components: readonly Component[]): Iterable<Component> {
  for (const one of components) {
    yield one;
    yield* flattenComponents(one.components ?? []);
  }
}

function toProductNames({ type, name, purl, hashes }: Component): ProductNames {
  const sha256 = hashes?.find(({ alg }) => alg === 'SHA-256')?.content;
  // Only a container can be an image: a file or package may have the same name.
  return type === 'container' ? productNamesOf([name, purl], sha256) : productNamesOf([purl]);
}
