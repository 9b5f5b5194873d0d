import * as z from 'zod/mini';
import { omitUndefined } from '../kit/collections.ts';
import {
  justifications,
  type ProductNames,
  type VexProduct,
  type VexStatement,
} from '../model/suppression.ts';
import {
  nullishListOf,
  type ParsedVex,
  parseVexPart,
  productNamesOf,
  rfc3339Time,
  type VexReadOptions,
} from './vex-document.ts';

const component = z.object({
  '@id': z.nullish(z.string()),
  identifiers: z.nullish(z.record(z.string(), z.string())),
  hashes: z.nullish(z.record(z.string(), z.string())),
});
/** In OpenVEX before 0.2.0, products and vulnerabilities were strings. */
const product = z.union([
  z.string(),
  z.extend(component, { subcomponents: nullishListOf(z.union([z.string(), component])) }),
]);
const vulnerability = z.union([
  z.string(),
  z.object({ '@id': z.nullish(z.string()), name: z.nullish(z.string()), aliases: nullishListOf(z.string()) }),
]);

const statement = z.object({
  vulnerability,
  products: nullishListOf(product),
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: z.nullish(z.enum(justifications)),
  impact_statement: z.nullish(z.string()),
  action_statement: z.nullish(z.string()),
  status_notes: z.nullish(z.string()),
  timestamp: z.nullish(rfc3339Time),
  last_updated: z.nullish(rfc3339Time),
});

const openVex = z.object({
  '@context': z.string(),
  '@id': z.string(),
  author: z.string(),
  timestamp: z.nullish(rfc3339Time),
  last_updated: z.nullish(rfc3339Time),
  products: nullishListOf(product),
  statements: z.array(z.unknown()),
});

/** Reads an OpenVEX document, <https://github.com/openvex/spec>. Statements inherit products and times from the document. */
export function readOpenVex(value: unknown, reading: VexReadOptions): ParsedVex {
  const { '@id': id, author, statements, ...inherited } = parseVexPart(openVex, value, reading);
  const document = { id, author, place: reading.place };
  return {
    document,
    statements: statements.flatMap((one, i): VexStatement[] => {
      const parsed = parseVexPart(statement, one, {
        ...reading,
        place: `${reading.place} (statement ${i + 1})`,
      });
      const ids = idsOf(parsed.vulnerability);
      if (!reading.wants(ids) || !isComplete(parsed)) return [];
      const products = (parsed.products ?? inherited.products ?? []).map(toProduct);
      return [{ document, ids, products, status: parsed.status, ...explanationOf(parsed, inherited) }];
    }),
  };
}

function explanationOf(
  { justification, impact_statement, action_statement, status_notes, ...times }: z.output<typeof statement>,
  inherited: Pick<z.output<typeof openVex>, 'timestamp' | 'last_updated'>,
): Pick<VexStatement, 'justification' | 'words' | 'time'> {
  return omitUndefined({
    justification: justification ?? undefined,
    words: impact_statement ?? action_statement ?? status_notes ?? undefined,
    time: times.last_updated ?? times.timestamp ?? inherited.last_updated ?? inherited.timestamp ?? undefined,
  });
}

/** Returns whether a statement is complete. The specification requires a reason for `not_affected`. */
function isComplete({ status, justification, impact_statement }: z.output<typeof statement>): boolean {
  return status !== 'not_affected' || Boolean(justification) || Boolean(impact_statement);
}

function idsOf(subject: z.output<typeof vulnerability>): string[] {
  if (typeof subject === 'string') return [subject];
  // The id is the URL of a page, whose last segment is the name.
  const page = subject['@id']?.split('/').at(-1);
  const name = subject.name ?? page;
  return [...new Set([...(name ? [name] : []), ...(subject.aliases ?? [])])];
}

function toProduct(one: z.output<typeof product>): VexProduct {
  if (typeof one === 'string') return productNamesOf([one]);
  const parts = (one.subcomponents ?? []).map(toProductNames);
  return { ...toProductNames(one), ...(parts.length > 0 && { parts }) };
}

function toProductNames(one: string | z.output<typeof component>): ProductNames {
  if (typeof one === 'string') return productNamesOf([one]);
  return productNamesOf([one['@id'], ...Object.values(one.identifiers ?? {})], one.hashes?.['sha-256']);
}
