import * as z from 'zod/mini';
import { defined } from '../kit/defined.ts';
import { percentDecoded } from '../kit/percent-decoded.ts';
import type { Justification, ProductNames, VexProduct, VexStatement, VexStatus } from '../model/exception.ts';
import { listOf, moment, namesOf, type ReadVex, readBy, type VexReading } from './vex-document.ts';

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
  hashes: listOf(z.object({ alg: z.string(), content: z.string() })),
  components: listOf(z.lazy(() => component)),
});

const entity = z.nullish(z.object({ name: z.nullish(z.string()) }));
const cyclonedx = z.object({
  bomFormat: z.literal('CycloneDX'),
  serialNumber: z.nullish(z.string()),
  version: z.nullish(z.number()),
  metadata: z.nullish(
    z.object({
      timestamp: z.nullish(moment),
      component: z.nullish(component),
      authors: listOf(z.object({ name: z.nullish(z.string()) })),
      manufacturer: entity,
      manufacture: entity,
      supplier: entity,
    }),
  ),
  components: listOf(component),
  vulnerabilities: listOf(z.unknown()),
});

const vulnerability = z.object({
  id: z.nullish(z.string()),
  references: listOf(z.object({ id: z.nullish(z.string()) })),
  updated: z.nullish(moment),
  analysis: z.nullish(
    z.object({
      state: z.nullish(z.string()),
      justification: z.nullish(z.string()),
      detail: z.nullish(z.string()),
      firstIssued: z.nullish(moment),
      lastUpdated: z.nullish(moment),
    }),
  ),
  affects: listOf(
    z.object({
      ref: z.string(),
      versions: listOf(
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

/** `analysis.state` in the words of OpenVEX. Another state is no word on it. */
const states: ReadonlyMap<string, VexStatus> = new Map<string, VexStatus>([
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
  ['exploitable', 'affected'],
  ['in_triage', 'under_investigation'],
  ['false_positive', 'not_affected'],
  ['not_affected', 'not_affected'],
]);

/** `analysis.justification` where CISA has a word for the same. */
const reasons: ReadonlyMap<string, Justification> = new Map<string, Justification>([
  ['code_not_present', 'vulnerable_code_not_present'],
  ['code_not_reachable', 'vulnerable_code_not_in_execute_path'],
  ['protected_by_compiler', 'inline_mitigations_already_exist'],
  ['protected_at_runtime', 'inline_mitigations_already_exist'],
  ['protected_at_perimeter', 'inline_mitigations_already_exist'],
  ['protected_by_mitigating_control', 'inline_mitigations_already_exist'],
]);

/** What the vulnerabilities of a CycloneDX document say, 1.4 and later (ECMA-424). Of an inventory that has some it is the same. */
export function readCycloneDx(value: unknown, reading: VexReading): ReadVex {
  const bom = readBy(cyclonedx, value, reading);
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
    const said = readBy(vulnerability, one, {
      ...reading,
      place: `${reading.place} (vulnerability ${i + 1})`,
    });
    const status = states.get(said.analysis?.state ?? '');
    const ids = [said.id, ...(said.references ?? []).map(({ id }) => id)].filter(
      (id) => typeof id === 'string',
    );
    if (status === undefined || !reading.wants(ids)) return [];
    const products = (said.affects ?? []).flatMap((affected): VexProduct[] => {
      const product = productOf(affected.ref);
      return product === undefined ? [] : [narrowed(product, versionsOf(affected, status))];
    });
    return [{ document, ids, products, status, ...whyOf(said, metadata?.timestamp) }];
  });
  return { document, statements };
}

function whyOf(
  { analysis, updated }: Vulnerability,
  written: string | null | undefined,
): Pick<VexStatement, 'justification' | 'words' | 'time'> {
  const word = analysis?.justification ?? '';
  const justification = reasons.get(word);
  // What CISA has no word for is told in theirs.
  const untold = justification === undefined ? word.replaceAll('_', ' ') : '';
  const words = [untold, analysis?.detail].filter(Boolean).join('; ');
  const time = analysis?.lastUpdated ?? analysis?.firstIssued ?? updated ?? written ?? undefined;
  return defined({ justification, words: words || undefined, time });
}

type Versions = Pick<ProductNames, 'versions' | 'ranges'>;

function versionsOf(
  { versions }: NonNullable<Vulnerability['affects']>[number],
  status: VexStatus,
): Versions {
  if (!versions) return {};
  const ranges = versions.filter((one) => isSaidOf(one.status, status)).flatMap(({ range }) => range ?? []);
  return { versions: versions.flatMap(({ version }) => version ?? []), ranges };
}

/**
 * Whether what is said is said of a range of such versions, which are affected where nothing is told: a document may list beside
 * those that are fixed, or are not affected, the others as well.
 */
function isSaidOf(word: string | null | undefined, status: VexStatus): boolean {
  if (status === 'fixed') return word === 'unaffected';
  return status !== 'not_affected' || !word || word === 'unaffected';
}

/** In the document of an image the versions are those of what lies in it. */
function narrowed({ parts, ...names }: VexProduct, versions: Versions): VexProduct {
  if (parts === undefined) return { ...names, ...versions };
  return { ...names, parts: parts.map((part) => ({ ...part, ...versions })) };
}

/** What references stand for: components of the document, or of another by a BOM-Link, which are then named by their package URL. */
function productsOf({
  serialNumber,
  metadata,
  components,
}: z.output<typeof cyclonedx>): (ref: string) => VexProduct | undefined {
  const subject = metadata?.component;
  // What is not exploitable in one image may be in another with the same package.
  const image = subject?.type === 'container' ? toNames(subject) : undefined;
  const known = new Map<string, ProductNames>();
  for (const one of within([...(components ?? []), ...(subject?.components ?? [])]))
    if (one['bom-ref']) known.set(one['bom-ref'], toNames(one));
  return (ref) => {
    const name = localName(ref, serialNumber);
    if (subject?.['bom-ref'] === name) return image ?? toNames(subject);
    const part = known.get(name) ?? (name.startsWith('pkg:') ? namesOf([name]) : undefined);
    return image === undefined || part === undefined ? part : { ...image, parts: [part] };
  };
}

/** `urn:cdx:<serial>/<version>#<bom-ref>`. */
function localName(ref: string, serialNumber: string | null | undefined): string {
  const [, serial = '', name = ''] = /^urn:cdx:([^/]+)\/\d+#(.+)$/.exec(ref) ?? [];
  if (name === '') return ref;
  const decoded = percentDecoded(name) ?? name;
  return serialNumber === `urn:uuid:${serial}` || decoded.startsWith('pkg:') ? decoded : ref;
}

function* within(components: readonly Component[]): Iterable<Component> {
  for (const one of components) {
    yield one;
    yield* within(one.components ?? []);
  }
}

function toNames({ type, name, purl, hashes }: Component): ProductNames {
  const sha256 = hashes?.find(({ alg }) => alg === 'SHA-256')?.content;
  // A file or package that is called like the image is not the image.
  return type === 'container' ? namesOf([name, purl], sha256) : namesOf([purl]);
}
