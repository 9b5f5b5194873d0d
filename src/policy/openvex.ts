import * as z from 'zod/mini';
import { defined } from '../kit/defined.ts';
import { justifications, type ProductNames, type VexProduct, type VexStatement } from '../model/exception.ts';
import { listOf, moment, namesOf, type ReadVex, readBy, type VexReading } from './vex-document.ts';

const component = z.object({
  '@id': z.nullish(z.string()),
  identifiers: z.nullish(z.record(z.string(), z.string())),
  hashes: z.nullish(z.record(z.string(), z.string())),
});
/** Before version 0.2.0 products and vulnerabilities were texts. */
const product = z.union([
  z.string(),
  z.extend(component, { subcomponents: listOf(z.union([z.string(), component])) }),
]);
const vulnerability = z.union([
  z.string(),
  z.object({ '@id': z.nullish(z.string()), name: z.nullish(z.string()), aliases: listOf(z.string()) }),
]);

const statement = z.object({
  vulnerability,
  products: listOf(product),
  status: z.enum(['not_affected', 'affected', 'fixed', 'under_investigation']),
  justification: z.nullish(z.enum(justifications)),
  impact_statement: z.nullish(z.string()),
  action_statement: z.nullish(z.string()),
  status_notes: z.nullish(z.string()),
  timestamp: z.nullish(moment),
  last_updated: z.nullish(moment),
});

const openVex = z.object({
  '@context': z.string(),
  '@id': z.string(),
  author: z.string(),
  timestamp: z.nullish(moment),
  last_updated: z.nullish(moment),
  products: listOf(product),
  statements: z.array(z.unknown()),
});

/** What a document of OpenVEX says, <https://github.com/openvex/spec>. Statements inherit products and times from the document. */
export function readOpenVex(value: unknown, reading: VexReading): ReadVex {
  const { '@id': id, author, statements, ...above } = readBy(openVex, value, reading);
  const document = { id, author, place: reading.place };
  return {
    document,
    statements: statements.flatMap((one, i): VexStatement[] => {
      const said = readBy(statement, one, { ...reading, place: `${reading.place} (statement ${i + 1})` });
      const ids = idsOf(said.vulnerability);
      if (!reading.wants(ids) || !isComplete(said)) return [];
      const products = (said.products ?? above.products ?? []).map(toProduct);
      return [{ document, ids, products, status: said.status, ...whyOf(said, above) }];
    }),
  };
}

function whyOf(
  { justification, impact_statement, action_statement, status_notes, ...own }: z.output<typeof statement>,
  above: Pick<z.output<typeof openVex>, 'timestamp' | 'last_updated'>,
): Pick<VexStatement, 'justification' | 'words' | 'time'> {
  return defined({
    justification: justification ?? undefined,
    words: impact_statement ?? action_statement ?? status_notes ?? undefined,
    time: own.last_updated ?? own.timestamp ?? above.last_updated ?? above.timestamp ?? undefined,
  });
}

/** That something is not affected has to have a reason; who gives none has not said it. */
function isComplete({ status, justification, impact_statement }: z.output<typeof statement>): boolean {
  return status !== 'not_affected' || Boolean(justification) || Boolean(impact_statement);
}

function idsOf(said: z.output<typeof vulnerability>): string[] {
  if (typeof said === 'string') return [said];
  // Its id is a page about it, of which the last word is its name.
  const page = said['@id']?.split('/').at(-1);
  const name = said.name ?? page;
  return [...new Set([...(name ? [name] : []), ...(said.aliases ?? [])])];
}

function toProduct(one: z.output<typeof product>): VexProduct {
  if (typeof one === 'string') return namesOf([one]);
  const parts = (one.subcomponents ?? []).map(toNames);
  return { ...toNames(one), ...(parts.length > 0 && { parts }) };
}

function toNames(one: string | z.output<typeof component>): ProductNames {
  if (typeof one === 'string') return namesOf([one]);
  return namesOf([one['@id'], ...Object.values(one.identifiers ?? {})], one.hashes?.['sha-256']);
}
