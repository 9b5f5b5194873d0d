import { ClairError } from '../../core/errors.ts';
import type { ParseSuppressions } from '../../match/suppress/decide.ts';
import type { AttachedVexSummary } from '../../model/report.ts';
import type { VexStatement } from '../../model/suppression.ts';
import type { AttachedVex, AttachedVexDocument } from '../../store/attached-vex-store.ts';
import type { Store } from '../../store/store.ts';
import type { VexKeys } from './vex-keys.ts';

/** Dependencies of `attachedStatementsOn`. */
export interface AttachedStatementsDeps {
  readonly store: Pick<Store, 'attachedVex'>;
  readonly parse: ParseSuppressions;
  readonly vexKeys: VexKeys;
}

/** The statements that are attached to an image, and what does not count. */
export interface StatementsOnImage {
  readonly statements: readonly VexStatement[];
  /** Undefined if no scan has looked for documents. */
  readonly summary: AttachedVexSummary | undefined;
}

/**
 * Returns the statements that are attached to a known image. A document counts if its key is one of its repository, and of every other
 * repository that has a name of the image now: who may sign for one team must not suppress findings of another.
 */
export async function attachedStatementsOn(
  image: number,
  { store, parse, vexKeys }: AttachedStatementsDeps,
): Promise<StatementsOnImage> {
  if (vexKeys.isEmpty) return { statements: [], summary: undefined };
  const { attached, repositories } = await store.attachedVex.find(image);
  const readings = attached.flatMap((one) => one.documents.map((document) => ({ one, document })));
  const trusted = readings.filter(({ one, document }) =>
    vexKeys.trusts(document.signer, [one.repository, ...repositories]),
  );
  const read = trusted.map(({ one, document }) => readAttachedDocument(document, one, parse));
  const refused = attached.reduce((sum, one) => sum + one.refused, readings.length - trusted.length);
  const unreadable = [
    ...attached.flatMap((one) => one.unreadable),
    ...read.flatMap(({ problem }) => problem ?? []),
  ];
  const documents = read.filter(({ problem }) => problem === undefined).length;
  return {
    statements: read.flatMap(({ statements }) => statements),
    summary: attached.length === 0 ? undefined : { documents, refused, unreadable },
  };
}

interface ReadDocument {
  readonly statements: readonly VexStatement[];
  /** Why it cannot be read. Undefined if it can. */
  readonly problem?: string;
}

/** Reads a document with its origin. One that this version cannot read has no statements. */
export function readAttachedDocument(
  { digest, signer, content }: AttachedVexDocument,
  { repository }: Pick<AttachedVex, 'repository'>,
  parse: ParseSuppressions,
): ReadDocument {
  try {
    // The end of the name makes it a VEX document.
    const { statements } = parse({ name: `${digest}.json`, content });
    const attachment = { repository, digest, signer };
    return {
      statements: statements.map((statement) => ({
        ...statement,
        document: { ...statement.document, attachment },
      })),
    };
  } catch (error) {
    if (error instanceof ClairError && error.code === 'config-invalid')
      return { statements: [], problem: error.message };
    throw error;
  }
}
