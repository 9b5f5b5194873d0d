import { Counter, type Registry } from 'prom-client';

/** The metrics of extracts of layers. */
export interface ExtractMetrics {
  /** Counts a look for an extract. */
  recordExtractRead(outcome: string): void;
  /** Counts an extract of this many bytes that was to be written. */
  recordExtractWrite(outcome: string, bytes: number): void;
}

/** Registers the metrics of extracts. */
export function extractCounters(registry: Registry): ExtractMetrics {
  const registers = [registry];
  const reads = new Counter({
    name: 'clair_extract_reads_total',
    help: 'Layers to analyse whose extract was looked for: used, absent, incomplete, damaged, or unavailable. All but used were fetched.',
    labelNames: ['outcome'],
    registers,
  });
  const writes = new Counter({
    name: 'clair_extract_writes_total',
    help: 'Extracts of layers that were fetched: written, too-large, or failed.',
    labelNames: ['outcome'],
    registers,
  });
  const bytes = new Counter({
    name: 'clair_extract_written_bytes_total',
    help: 'Bytes of the extracts that were written.',
    registers,
  });
  return {
    recordExtractRead(outcome) {
      reads.inc({ outcome });
    },
    recordExtractWrite(outcome, size) {
      writes.inc({ outcome });
      bytes.inc(size);
    },
  };
}
