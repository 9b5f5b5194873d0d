import * as z from 'zod/mini';
import { omitUndefined } from '../kit/collections.ts';
import {
  type Justification,
  justifications,
  type VexStatement,
  type VexStatus,
} from '../model/suppression.ts';
import { csafProductTree, productsOf } from './csaf-products.ts';
import {
  nullishListOf,
  type ParsedVex,
  parseVexPart,
  rfc3339Time,
  type VexReadOptions,
} from './vex-document.ts';

const productReferences = { product_ids: nullishListOf(z.string()), group_ids: nullishListOf(z.string()) };

const vulnerability = z.object({
  cve: z.nullish(z.string()),
  ids: nullishListOf(z.object({ text: z.string() })),
  flags: nullishListOf(z.object({ label: z.string(), ...productReferences })),
  threats: nullishListOf(
    z.object({ category: z.string(), details: z.nullish(z.string()), ...productReferences }),
  ),
  product_status: z.nullish(z.partialRecord(z.string(), z.array(z.string()))),
});

const csaf = z.object({
  document: z.object({
    publisher: z.object({ name: z.string() }),
    tracking: z.object({ id: z.string(), current_release_date: rfc3339Time }),
  }),
  product_tree: z.nullish(csafProductTree),
  vulnerabilities: nullishListOf(z.unknown()),
});

/** VEX status by group of products, §3.2.3.9. The group `recommended` states nothing about installed products. */
const statuses: ReadonlyMap<string, VexStatus> = new Map<string, VexStatus>([
  ['known_affected', 'affected'],
  ['first_affected', 'affected'],
  ['last_affected', 'affected'],
  ['under_investigation', 'under_investigation'],
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
]);

/** Reads the statements of a CSAF 2.0 document (OASIS), of the VEX profile or of another one with product statuses. */
export function readCsaf(value: unknown, reading: VexReadOptions): ParsedVex {
  const { document: header, product_tree, vulnerabilities } = parseVexPart(csaf, value, reading);
  const document = { id: header.tracking.id, author: header.publisher.name, place: reading.place };
  const tree = product_tree ?? {};
  const productOf = productsOf(tree);
  const groups = new Map((tree.product_groups ?? []).map((one) => [one.group_id, one.product_ids]));
  const time = header.tracking.current_release_date;
  const statements = (vulnerabilities ?? []).flatMap((one, i): VexStatement[] => {
    const parsed = parseVexPart(vulnerability, one, {
      ...reading,
      place: `${reading.place} (vulnerability ${i + 1})`,
    });
    const ids = [...(parsed.cve ? [parsed.cve] : []), ...(parsed.ids ?? []).map(({ text }) => text)];
    if (!reading.wants(ids)) return [];
    return reasonsOf(parsed, groups).map(({ products, ...reason }) => ({
      document,
      ids,
      products: products.flatMap((id) => productOf(id) ?? []),
      time,
      ...reason,
    }));
  });
  return { document, statements };
}

type Reason = Pick<VexStatement, 'status' | 'justification' | 'words'>;

/** Groups the products of a vulnerability by status and reason. */
function reasonsOf(
  { product_status, flags, threats }: z.output<typeof vulnerability>,
  groups: ReadonlyMap<string, readonly string[]>,
): (Reason & { readonly products: readonly string[] })[] {
  const labels = byProduct(flags ?? [], groups, ({ label }) =>
    justifications.find((candidate) => candidate === label),
  );
  const impacts = byProduct(threats ?? [], groups, ({ category, details }) =>
    category === 'impact' ? (details ?? undefined) : undefined,
  );
  return Object.entries(product_status ?? {}).flatMap(([name, products = []]) => {
    const status = statuses.get(name);
    if (status === undefined) return [];
    const reason = (id: string): Reason => {
      const justification: Justification | undefined = status === 'not_affected' ? labels.get(id) : undefined;
      return { status, ...omitUndefined({ justification, words: impacts.get(id) }) };
    };
    const alike = Map.groupBy(products, (id) => JSON.stringify(reason(id)));
    return [...alike.values()].map((ids) => ({ ...reason(ids[0] ?? ''), products: ids }));
  });
}

type ProductReferences = {
  readonly [Key in keyof typeof productReferences]?: readonly string[] | null | undefined;
};

function byProduct<T extends ProductReferences, V>(
  entries: readonly T[],
  groups: ReadonlyMap<string, readonly string[]>,
  read: (one: T) => V | undefined,
): ReadonlyMap<string, V> {
  const values = new Map<string, V>();
  for (const one of entries) {
    const value = read(one);
    if (value === undefined) continue;
    const grouped = (one.group_ids ?? []).flatMap((id) => groups.get(id) ?? []);
    for (const id of [...(one.product_ids ?? []), ...grouped]) values.set(id, value);
  }
  return values;
}
