import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import type { ProductStatement, StatedVersions } from '../../model/product-statement.ts';
import { productInCpe } from './product-names.ts';

const version = z.optional(z.string());

const match = z.object({
  vulnerable: z.boolean(),
  criteria: z.string(),
  versionStartIncluding: version,
  versionStartExcluding: version,
  versionEndIncluding: version,
  versionEndExcluding: version,
});

type CpeMatch = z.output<typeof match>;

const configurations = z.array(
  z.object({ nodes: z.array(z.object({ cpeMatch: z.optional(z.array(z.unknown())) })) }),
);

/**
 * Returns the versions that NVD states for the products of Clair's table, one statement for each product. Conditions that several products
 * must be installed are dropped. `stated` is the member `configurations` of a CVE (NVD API 2.0), not checked.
 */
export function nvdStatements(stated: unknown): ProductStatement[] {
  if (stated === undefined) return [];
  const { data = [] } = z.safeParse(configurations, stated);
  const byProduct = new Map<string, StatedVersions[]>();
  for (const { nodes } of data)
    for (const { cpeMatch = [] } of nodes) for (const one of cpeMatch) addMatch(byProduct, one);
  return Array.from(byProduct, ([product, versions]) => ({
    product,
    by: 'nvd' as const,
    versions: versions.length > limits.productVersions ? [] : versions,
  }));
}

/** Adds the versions of one product. Most names are of products that Clair has no table for, and are not checked further. */
function addMatch(byProduct: Map<string, StatedVersions[]>, value: unknown): void {
  if (typeof value !== 'object' || value === null || !('criteria' in value)) return;
  const name = typeof value.criteria === 'string' ? partsOfCpe(value.criteria) : undefined;
  const product = name && productInCpe(name.vendor, name.product);
  if (name === undefined || product === undefined) return;
  const { data } = z.safeParse(match, value);
  if (data?.vulnerable === false) return;
  const versions = byProduct.get(product) ?? [];
  // What cannot be read stays visible: a statement without versions.
  if (data !== undefined) versions.push(versionsOf(data, name));
  byProduct.set(product, versions);
}

/** Parts of a CPE name of an application. */
interface CpeParts {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly update: string;
}

/** Splits a formatted string of CPE 2.3. Undefined for other than applications. */
function partsOfCpe(name: string): CpeParts | undefined {
  if (!name.startsWith('cpe:2.3:a:')) return undefined;
  const parts = name.replaceAll(String.raw`\:`, ' ').split(':', 7);
  const [vendor = '', product = '', stated = '', update = ''] = parts
    .slice(3)
    .map((part) => part.replaceAll('\\', ''));
  return { vendor, product, version: stated, update };
}

function versionsOf(
  {
    versionStartIncluding: from,
    versionStartExcluding: after,
    versionEndIncluding: upTo,
    versionEndExcluding: before,
  }: CpeMatch,
  { version: exact, update }: CpeParts,
): StatedVersions {
  const isRange = [from, after, upTo, before].some((bound) => bound !== undefined);
  // `*` and `-` without bounds state no version.
  if (!isRange) return { status: 'affected', version: withUpdate(exact, update) };
  const end = upTo === undefined && before === undefined ? '*' : before;
  return {
    status: 'affected',
    version: from ?? after ?? '0',
    ...(from === undefined && after !== undefined && { startExcluded: true }),
    ...(end !== undefined && { lessThan: end }),
    ...(end === undefined && upTo !== undefined && { lessThanOrEqual: upTo }),
  };
}

function withUpdate(exact: string, update: string): string {
  return update === '*' || update === '-' || update === '' ? exact : `${exact}-${update}`;
}
