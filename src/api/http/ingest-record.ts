import type { IngestedContent } from '../../service/ingest/posted-layers.ts';

/** A posted layer or ancestry, for the log. */
export interface IngestRecord {
  readonly kind: 'layer' | 'ancestry';
  /** The name that the client chose. */
  readonly name: string;
  readonly ms: number;
  /** The detected content; undefined if the layer was already known or the ingest failed. */
  readonly content?: IngestedContent | undefined;
  /** The error of a failed ingest. */
  readonly error?: unknown;
}

/** Waits for an ingest and reports its result once. */
export async function recordIngest(
  { kind, name }: Pick<IngestRecord, 'kind' | 'name'>,
  onIngested: (record: IngestRecord) => void,
  ingest: Promise<IngestedContent | undefined>,
): Promise<void> {
  const started = performance.now();
  const ms = (): number => performance.now() - started;
  try {
    const content = await ingest;
    onIngested({ kind, name, ms: ms(), content });
  } catch (error) {
    onIngested({ kind, name, ms: ms(), error });
    throw error;
  }
}
