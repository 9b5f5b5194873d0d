import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { parseBySchema } from '../kit/json/json-document.ts';
import { quoteUntrusted } from '../kit/untrusted-text.ts';
import { isDistributionType } from '../model/namespace.ts';
import type { PackageType } from '../model/package.ts';
import type { PeerPackage, PeerReport } from '../model/peer-report.ts';
import { joinedName, type ParsedPurl, parsePurl } from '../model/purl.ts';
import { otherSeverityWords, parseSeverity, type Severity } from '../model/severity.ts';

/** A reader of one format of reports. */
export interface PeerReportReader {
  /** Name of the format for people. */
  readonly title: string;
  /** Returns whether the top-level object of a document is of this format, whatever its version. */
  recognizes(head: Readonly<Record<string, unknown>>): boolean;
  /** Reads the document. Throws `target-corrupt`, `target-unsupported` or `limit-exceeded` with its place. */
  read(document: unknown, place: string): PeerReport;
}

/** Schema of a text that must not be empty: a name or an id. */
export const presentText = z.string().check(z.minLength(1, 'an empty text'));

/** Schema of a text that may be absent or null. */
export const maybeText = z.nullish(z.string());

/** Schema of a list that may be absent or null. */
export function maybeListOf<T extends z.ZodMiniType>(
  item: T,
): z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniArray<T>>> {
  return z.nullish(z.array(item));
}

/** Validates a report. Throws `target-corrupt` with the place of the first problem. */
export function parsePeerDocument<T extends z.ZodMiniType>(
  schema: T,
  document: unknown,
  { title, place }: { readonly title: string; readonly place: string },
): z.output<T> {
  return parseBySchema(schema, document, ({ fault }) => corruptPeerReport(place, `of ${title} ${fault}`));
}

/** Returns the error of a damaged report. */
export function corruptPeerReport(place: string, problem: string, cause?: unknown): ClairError {
  const remedy = 'write the report again, or leave it out';
  return new ClairError('target-corrupt', `${place}: the report ${problem}; ${remedy}`, { cause });
}

/** Returns the error of a report of another version, or of a kind that states too little. */
export function unsupportedPeerReport(place: string, problem: string): ClairError {
  return new ClairError('target-unsupported', `${place}: ${problem}`);
}

/** Returns a value of a report for a message. */
export function quotedValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  return quoteUntrusted(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Counts findings and packages of one report. Throws `limit-exceeded` if there are too many. */
export function checkPeerEntries(place: string, count: number): void {
  if (count <= limits.peerReportEntries) return;
  const message = `${place}: the report has more than ${limits.peerReportEntries} packages and findings`;
  throw new ClairError('limit-exceeded', message, { limit: 'peerReportEntries' });
}

/** Returns the severity of a word, as scanners write it. */
export function severityOfWord(word: string | null | undefined): Severity {
  return parseSeverity(word ?? '') ?? ownWords.get((word ?? '').toLowerCase()) ?? 'Unknown';
}

const ownWords: ReadonlyMap<string, Severity> = new Map([
  ...otherSeverityWords,
  ['unimportant', 'Negligible'],
  ['info', 'Negligible'],
]);

/** The statements of a report on a package outside its purl. */
export interface StatedPeerPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
  readonly paths?: readonly (string | null | undefined)[];
}

/** Returns a package by its purl, or by what the report states if it has no valid purl. */
export function peerPackageOf(purlText: string | null | undefined, stated: StatedPeerPackage): PeerPackage {
  const purl = parsePurl(purlText ?? '');
  const paths = (stated.paths ?? []).filter((path) => typeof path === 'string' && path !== '') as string[];
  return {
    type: purl?.type ?? stated.type,
    name: purl === undefined ? stated.name : nameOfPurl(purl),
    version: (purl && versionOfPurl(purl, stated.version)) || stated.version,
    paths: paths.map((path) => `/${path.replace(/^\/+/, '')}`),
  };
}

/** The namespace of a distribution's package is the distribution, which is not a part of the name. */
function nameOfPurl({ type, namespace, name }: ParsedPurl): string {
  if (namespace === undefined || isDistributionType(type) || type === 'alpm') return name;
  return joinedName(type, { group: namespace, name });
}

/** Scanners write the epoch into the version, into a qualifier, or only beside the purl. */
function versionOfPurl({ type, version, qualifiers }: ParsedPurl, stated: string): string | undefined {
  if (version === undefined || !/^(?:rpm|deb)$/.test(type) || /^\d+:/.test(version)) return version;
  const { epoch } = qualifiers;
  if (epoch !== undefined) return `${epoch}:${version}`;
  return stated.endsWith(`:${version}`) ? stated : version;
}

/** The date and time of a text, if it is one. Scanners write `0001-01-01` for an unknown time. */
export function knownTime(text: string | null | undefined): string | undefined {
  if (text == null || Number.isNaN(Date.parse(text)) || text.startsWith('0001')) return undefined;
  return text;
}

/** Names of one vulnerability, and of advisories that may be about several. */
export interface SplitNames {
  readonly aliases: readonly string[];
  readonly advisories: readonly string[];
}

/** Ids of databases that have one entry for each vulnerability. All other ids count as advisories. */
const vulnerabilityId =
  /^(?:[A-Z]+-CVE|CVE|GHSA|GO|PYSEC|RUSTSEC|MAL|OSV|SNYK|HSEC|RSEC|EEF|BIT|CGA|GSD|GCVE|EUVD|TEMP)-/i;

/** Separates the aliases of a vulnerability from advisories about it. */
export function splitVulnerabilityNames(names: readonly string[]): SplitNames {
  return {
    aliases: names.filter((name) => vulnerabilityId.test(name)),
    advisories: names.filter((name) => !vulnerabilityId.test(name)),
  };
}

/** Returns the types by the names that a scanner has for them. */
export function typesByName(
  namesOfTypes: Readonly<Record<PackageType, readonly string[]>>,
): ReadonlyMap<string, PackageType> {
  return new Map(
    Object.entries(namesOfTypes).flatMap(([type, names]) => names.map((name) => [name, type] as const)),
  );
}

/** Returns the versions in a text that separates them with commas. */
export function versionsIn(text: string | null | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((version) => version.trim())
    .filter((version) => version !== '');
}
