import { Counter, type Registry } from 'prom-client';

/** The metrics of extracts of layers. */
export interface ExtractMetrics {
  /** Counts a look for an extract, and the bytes of parts of the layer that were fetched for it. */
  recordExtractRead(outcome: string, fetchedBytes: number): void;
  /** Counts an extract of this many bytes that was to be written. */
  recordExtractWrite(outcome: string, bytes: number): void;
}

/** Registers the metrics of extracts. */
export function extractCounters(registry: Registry): ExtractMetrics {
  const registers = [registry];
  const reads = new Counter({
    name: 'clair_extract_reads_total',
    help: 'Layers to analyse whose extract was looked for: used, completed with parts of the layer, absent, incomplete, damaged, or unavailable. The layers of the last four were fetched.',
    labelNames: ['outcome'],
    registers,
  });
  const fetched = new Counter({
    name: 'clair_extract_fetched_bytes_total',
    help: 'Bytes of parts of layers that were fetched to complete their extracts.',
    registers,
  });
  const writes = new Counter({
    name: 'clair_extract_writes_total',
    help: 'Extracts of layers that were fetched whole or in parts: written, too-large, or failed.',
    labelNames: ['outcome'],
    registers,
  });
  const bytes = new Counter({
    name: 'clair_extract_written_bytes_total',
    help: 'Bytes of the extracts that were written.',
    registers,
  });
  return {
    recordExtractRead(outcome, fetchedBytes) {
      reads.inc({ outcome });
      fetched.inc(fetchedBytes);
    },
    recordExtractWrite(outcome, size) {
      writes.inc({ outcome });
      bytes.inc(size);
    },
  };
}
