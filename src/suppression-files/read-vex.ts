import { parseJson } from '../kit/json/json-document.ts';
import { readCsaf } from './csaf-vex.ts';
import { readCycloneDx } from './cyclonedx-vex.ts';
import { readOpenVex } from './openvex.ts';
import type { ParsedVex, VexReadOptions } from './vex-document.ts';
import { invalidFile } from './yaml-file.ts';

/**
 * Reads the statements of a VEX document on the wanted vulnerabilities. Detects the format (OpenVEX, CSAF or CycloneDX) from the
 * content. Throws `config-invalid` if the document is invalid.
 */
export function readVex(bytes: Buffer, reading: VexReadOptions): ParsedVex {
  const value = parseJson(bytes, (problem) => invalidFile(reading.place, problem));
  const reader = readerOf(value);
  if (reader === undefined)
    throw invalidFile(
      reading.place,
      'is not a VEX document: use OpenVEX, CSAF 2.0 or CycloneDX, each as JSON',
    );
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
