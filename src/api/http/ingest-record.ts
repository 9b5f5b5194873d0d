import type { IngestedContent } from '../../service/ingest/posted-layers.ts';

/** A layer or an ancestry that a client posted, for the log. */
export interface IngestRecord {
  readonly kind: 'layer' | 'ancestry';
  /** The name that the client gave it. */
  readonly name: string;
  readonly ms: number;
  /** What was found; undefined if it was known and not read again, or if it failed. */
  readonly content?: IngestedContent | undefined;
  /** Why it failed. */
  readonly error?: unknown;
}

/** Takes in what was posted, and reports once how that ended. */
export async function recordIngest(
  { kind, name }: Pick<IngestRecord, 'kind' | 'name'>,
  onIngested: (record: IngestRecord) => void,
  ingest: () => Promise<IngestedContent | undefined>,
): Promise<void> {
  const started = performance.now();
  const ms = (): number => performance.now() - started;
  try {
    const content = await ingest();
    onIngested({ kind, name, ms: ms(), content });
  } catch (error) {
    onIngested({ kind, name, ms: ms(), error });
    throw error;
  }
}
