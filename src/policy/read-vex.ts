import { parseJson } from '../kit/json/json-document.ts';
import { readCsaf } from './csaf-vex.ts';
import { readCycloneDx } from './cyclonedx-vex.ts';
import { invalid } from './invalid.ts';
import { readOpenVex } from './openvex.ts';
import type { ReadVex, VexReading } from './vex-document.ts';

/** What a document of VEX says of the vulnerabilities that are asked for: OpenVEX, CSAF or CycloneDX, told apart by their content. */
export function readVex(bytes: Buffer, reading: VexReading): ReadVex {
  const value = parseJson(bytes, (fault) => invalid(reading.place, fault));
  const read = readerOf(value);
  if (read === undefined)
    throw invalid(reading.place, 'is no VEX: OpenVEX, CSAF 2.0 and CycloneDX can be read, each as JSON');
  return read(value, reading);
}

function readerOf(value: unknown): ((value: unknown, reading: VexReading) => ReadVex) | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('bomFormat' in value && value.bomFormat === 'CycloneDX') return readCycloneDx;
  if ('@context' in value && [value['@context']].flat().some(isOpenVex)) return readOpenVex;
  const head = 'document' in value ? value.document : undefined;
  return typeof head === 'object' && head !== null && 'csaf_version' in head ? readCsaf : undefined;
}

function isOpenVex(context: unknown): boolean {
  return typeof context === 'string' && /^https:\/\/openvex\.dev\/ns(?:\/|$)/.test(context);
}
