import * as z from 'zod/mini';
import { limits } from '../../core/limits.ts';
import { parseBySchema, parseJson } from '../../kit/json/json-document.ts';

/**
 * A table of contents cannot be relied on, or reading by it does not pay off. The layer is then fetched whole. The message is a part of a
 * sentence in the report: `its table of contents …`.
 */
export class TableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TableError';
  }
}

const count = z.int().check(z.nonnegative());

const entry = z.object({
  type: z.string(),
  name: z.string(),
  linkName: z.optional(z.string()),
  size: z.optional(count),
  mode: z.optional(count),
  /** Offset of the compressed content of a file, or of a later chunk of it. */
  offset: z.optional(count),
  /** Offset in the inflated stream that begins at `offset`. Only eStargz has it. */
  innerOffset: z.optional(count),
  chunkOffset: z.optional(count),
  /** 0 or absent: the rest of the file. */
  chunkSize: z.optional(count),
  chunkDigest: z.optional(z.string()),
  /** Digest of the whole file. In zstd:chunked, a file of one chunk has no other. */
  digest: z.optional(z.string()),
  xattrs: z.nullish(z.record(z.string(), z.string())),
});

const tableDocument = z.object({ version: z.literal(1), entries: z.array(entry) });

/** An entry of a table of contents: a member of the archive, or a later chunk of the file before it. */
export type TableEntry = z.infer<typeof entry>;

/**
 * Parses a table of contents. eStargz and zstd:chunked share this form: docs/estargz.md of stargz-snapshotter, and `TOC` of containers/storage. Throws
 * `TableError`.
 */
export function parseTable(text: Buffer): readonly TableEntry[] {
  const refuse = (fault: string, cause?: unknown): TableError => new TableError(fault, { cause });
  const { entries } = parseBySchema(tableDocument, parseJson(text, refuse), ({ fault }) => refuse(fault));
  if (entries.length > limits.tableEntries)
    throw new TableError(`has ${entries.length} entries, more than ${limits.tableEntries}`);
  return entries;
}
