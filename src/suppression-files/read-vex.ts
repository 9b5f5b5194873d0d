import { parseJson } from '../kit/json/json-document.ts';
import { readCsaf } from './csaf-vex.ts';
import { readCycloneDx } from './cyclonedx-vex.ts';
import { invalidFile } from './invalid-file.ts';
import { readOpenVex } from './openvex.ts';
import type { ParsedVex, VexReadOptions } from './vex-document.ts';

/** What a document of VEX says of the vulnerabilities that are asked for: OpenVEX, CSAF or CycloneDX, told apart by their content. */
export function readVex(bytes: Buffer, reading: VexReadOptions): ParsedVex {
  const value = parseJson(bytes, (problem) => invalidFile(reading.place, problem));
  const reader = readerOf(value);
  if (reader === undefined)
    throw invalidFile(reading.place, 'is no VEX: OpenVEX, CSAF 2.0 and CycloneDX can be read, each as JSON');
  return reader(value, reading);
}

function readerOf(value: unknown): ((value: unknown, reading: VexReadOptions) => ParsedVex) | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('bomFormat' in value && value.bomFormat === 'CycloneDX') return readCycloneDx;
  if ('@context' in value && [value['@context']].flat().some(isOpenVex)) return readOpenVex;
  const head = 'document' in value ? value.document : undefined;
  return typeof head === 'object' && head !== null && 'csaf_version' in head ? readCsaf : undefined;
}

function isOpenVex(context: unknown): boolean {
  return typeof context === 'string' && /^https:\/\/openvex\.dev\/ns(?:\/|$)/.test(context);
}
