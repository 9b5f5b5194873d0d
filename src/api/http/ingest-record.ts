import type { IngestedContent } from '../../service/ingest/posted-layers.ts';

/** A posted layer, ancestry or manifest, for the log. */
export interface IngestRecord {
  readonly kind: 'layer' | 'ancestry' | 'manifest';
  /** The name that the client chose. */
  readonly name: string;
  readonly ms: number;
  /** The detected content; undefined if the layer was already known or the ingest failed. */
  readonly content?: IngestedContent | undefined;
  /** The error of a failed ingest. */
  readonly error?: unknown;
}

/** Returns a started ingest, and reports its result once. */
export function recordIngest(
  ingest: Promise<IngestedContent | undefined>,
  { kind, name }: Pick<IngestRecord, 'kind' | 'name'>,
  onIngested: (record: IngestRecord) => void,
): Promise<unknown> {
  const started = performance.now();
  const ms = (): number => performance.now() - started;
  ingest.then(
    (content) => {
      onIngested({ kind, name, ms: ms(), content });
    },
    (error: unknown) => {
      onIngested({ kind, name, ms: ms(), error });
    },
  );
  return ingest;
}
