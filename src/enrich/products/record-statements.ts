import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import type { ProductStatement, StatedVersions, StatementIssuer } from '../../model/product-statement.ts';
import { productInRecord } from './product-names.ts';

const status = z.enum(['affected', 'unaffected', 'unknown']);

const stated = z.object({
  status,
  version: z.string(),
  lessThan: z.optional(z.string()),
  lessThanOrEqual: z.optional(z.string()),
  versionType: z.optional(z.string()),
  changes: z.optional(z.array(z.object({ at: z.string(), status }))),
});

const versions = z.object({
  defaultStatus: z.optional(status),
  versions: z.optional(z.array(stated)),
});

/** A container of a CVE record, and whose it is. */
export interface IssuedContainer {
  readonly by: StatementIssuer;
  /** Short name of its author: `hackerone`. */
  readonly author: string;
  /** Its member `affected`, not checked. */
  readonly affected: unknown;
}

/**
 * Returns what a container of a CVE record states about the products of Clair's table, one statement for each element that names one. Other
 * products are not looked at. A statement that cannot be read has no versions, so that it stays visible.
 */
export function productStatements({ by, author, affected }: IssuedContainer): ProductStatement[] {
  if (!Array.isArray(affected)) return [];
  return affected.flatMap((element: unknown) => {
    if (typeof element !== 'object' || element === null) return [];
    const product = productInRecord(element);
    return product === undefined ? [] : [{ product, by, ...readVersions(element, { product, author }) }];
  });
}

/** The product of a statement, and the short name of its author. */
interface Subject {
  readonly product: string;
  readonly author: string;
}

function readVersions(
  element: object,
  subject: Subject,
): Pick<ProductStatement, 'otherVersions' | 'versions'> {
  const { data } = z.safeParse(versions, element);
  if (data === undefined) return { versions: [] };
  const { defaultStatus: otherVersions, versions: all = [] } = data;
  const boundaries = all.reduce((sum, { changes = [] }) => sum + 1 + changes.length, 0);
  return {
    ...(otherVersions !== undefined && { otherVersions }),
    versions: boundaries > limits.productVersions ? [] : all.map((one) => withAuthorsMeaning(one, subject)),
  };
}

/**
 * HackerOne repeats the end of a range as its start: `20.5.0`, `lessThanOrEqual: 20.5.0`. That means the versions up to it, and for Node.js
 * those of its release line, which has one major version. From other authors, it is one version.
 */
function withAuthorsMeaning(one: z.output<typeof stated>, { product, author }: Subject): StatedVersions {
  const { version, lessThanOrEqual, lessThan, versionType, changes, ...others } = one;
  const isRepeated = author === 'hackerone' && (version === lessThanOrEqual || version === lessThan);
  const [line] = product === 'node' ? version.split('.', 1) : [];
  return {
    ...others,
    version: isRepeated ? (line ?? 'unspecified') : version,
    ...(lessThan !== undefined && { lessThan }),
    ...(lessThanOrEqual !== undefined && { lessThanOrEqual }),
    ...(versionType !== undefined && { versionType }),
    ...(changes !== undefined && { changes }),
  };
}
