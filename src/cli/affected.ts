import { ClairError, messageOf } from '../core/errors.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import { pluralize } from '../report/report-text.ts';
import { type AffectedEntry, affectedBy, toAffectedJson } from '../service/notifications/affected-images.ts';
import { ActiveSuppressions } from '../service/suppressions/active-suppressions.ts';
import { withCounting } from '../service/suppressions/counting-findings.ts';
import { VexKeys } from '../service/suppressions/vex-keys.ts';
import { affectedCsv, type ShownEntry, type ShownFinding } from './affected-csv.ts';
import { alignColumns } from './align-columns.ts';
import { type CommandContext, type DatabaseOptions, openCommandContext } from './command-context.ts';
import { writeJsonOrText } from './output.ts';
import { readAffectedOfServer } from './remote-list/remote-affected.ts';
import { listStatus } from './remote-list/server-list.ts';
import type { RemoteServerOptions } from './remote-scan/server-token.ts';
import { parseSuppressions } from './suppression/suppression-directory.ts';
import { readSuppressionsOn, type SuppressionOptions } from './suppression/suppressions.ts';
import { warn } from './warn.ts';

/** Options of `clair affected`. */
export interface AffectedOptions
  extends Pick<DatabaseOptions, 'db' | 'from' | 'digest' | 'root' | 'acceptExpired' | 'loaded'>,
    Pick<SuppressionOptions, 'ignore' | 'vex'>,
    Partial<RemoteServerOptions> {
  readonly format: 'table' | 'json' | 'csv';
  readonly onlyFixed?: boolean;
  /** Whether images that have lost all of their tags are listed, too. */
  readonly untagged?: boolean;
  /** Whether findings that rules and VEX documents suppress are listed, too. */
  readonly suppressed?: boolean;
}

/** Page size: images that are read at a time. */
const imagesAtATime = 500;

/** Runs `clair affected`: lists the images of the database that a vulnerability affects, with package, layer and fix. */
export async function showAffected(id: string, { server, ...given }: AffectedOptions): Promise<number> {
  if (server !== undefined) return await showAffectedOfServer(id, { ...given, server });
  const { format, onlyFixed = false, untagged = false, suppressed = false, ...options } = given;
  await using context = await openCommandContext({ ...options, offline: true, asksPlaces: true });
  await context.published?.load(await context.store.advisories.findNamespaces());
  const found = await allAffected(id, context);
  const counting = suppressed ? found : await withoutSuppressed(found, context, options);
  const wanted = onlyFixed ? counting.flatMap(withFix) : counting;
  const entries = untagged ? wanted : wanted.filter((entry) => !isUntagged(entry));
  const counts = countsOf(entries, { wanted, counting, found });
  const result = { schemaVersion: 1, vulnerability: id, images: entries.map(toAffectedJson), counts };
  writeAffected(id, entries, { format, counts, result });
  return 0;
}

/** Runs `clair affected --server`: lists the affected images of a server. Returns 4 if cells of the server are missing. */
async function showAffectedOfServer(
  id: string,
  options: AffectedOptions & RemoteServerOptions,
): Promise<number> {
  const { format, onlyFixed = false, untagged = false } = options;
  const page = await readAffectedOfServer(id, options);
  const found = page.entries;
  const wanted = onlyFixed ? found.flatMap(withFix) : found;
  const entries = untagged ? wanted : wanted.filter((entry) => !isUntagged(entry));
  const counts = countsOf(entries, { wanted, counting: found, found });
  const { missing, asOf } = page;
  const images = entries.map(({ document }) => document);
  const result = { schemaVersion: 1, vulnerability: id, images, counts, missing, asOf };
  writeAffected(id, entries, { format, counts, result });
  return listStatus(page);
}

interface WrittenList {
  readonly format: AffectedOptions['format'];
  readonly counts: AffectedCounts;
  /** The list for JSON. */
  readonly result: object;
}

function writeAffected(
  id: string,
  entries: readonly ShownEntry[],
  { format, counts, result }: WrittenList,
): void {
  writeJsonOrText(format === 'json' ? 'json' : 'table', result, () =>
    format === 'csv' ? affectedCsv(entries, nameOf) : [...tableOf(id, entries, counts), ...notesOf(counts)],
  );
}

/** Numbers of images and packages that are listed, and of images that are left out for a reason. */
interface AffectedCounts {
  readonly images: number;
  readonly packages: number;
  readonly untagged?: number;
  readonly suppressed?: number;
}

function countsOf(
  entries: readonly ShownEntry[],
  { wanted, counting, found }: Readonly<Record<'wanted' | 'counting' | 'found', readonly ShownEntry[]>>,
): AffectedCounts {
  const untagged = imagesOf(wanted).size - imagesOf(entries).size;
  const suppressed = imagesOf(found).size - imagesOf(counting).size;
  return {
    images: imagesOf(entries).size,
    packages: entries.reduce((sum, { findings }) => sum + findings.length, 0),
    ...(untagged > 0 && { untagged }),
    ...(suppressed > 0 && { suppressed }),
  };
}

/** Returns the entry with the packages that have a fix, if there are any. */
function withFix<T extends ShownEntry>(entry: T): T[] {
  const findings = entry.findings.filter(({ fix }) => fix.state === 'fixed');
  return findings.length === 0 ? [] : [{ ...entry, findings }];
}

/** Whether an image has lost its tags, and no client has named it. */
function isUntagged({ known, names }: ShownEntry): boolean {
  return names.length === 0 && known !== null && known.untaggedSince !== null;
}

/** Returns a line for each reason for which images are left out. */
function notesOf({ untagged = 0, suppressed = 0 }: AffectedCounts): string[] {
  return [
    ...noteOf(untagged, 'without a tag: add --untagged to list them'),
    ...noteOf(suppressed, 'whose findings rules or VEX documents suppress: add --suppressed to list them'),
  ];
}

function noteOf(count: number, text: string): string[] {
  return count === 0 ? [] : [`${pluralize(count, 'more image')} ${text}\n`];
}

/** Leaves out the findings that rules and VEX documents suppress: those of the options, and those that clients saved in the database. */
async function withoutSuppressed(
  entries: readonly AffectedEntry[],
  { store, extensions: { schemes } }: CommandContext,
  options: SuppressionOptions,
): Promise<readonly AffectedEntry[]> {
  const findings = entries.flatMap((entry) => entry.findings);
  const now = store.now();
  const ofServer = await readSuppressionsOn(findings, options, now);
  const active = new ActiveSuppressions({
    store,
    ofServer,
    parse: parseSuppressions,
    vexKeys: new VexKeys([]),
    now: () => now,
    onUnreadable: (name, error) => {
      warn(`the saved file ${name} suppresses nothing: ${messageOf(error)}`, options);
    },
  });
  const index = await active.current();
  return entries.flatMap((entry) => withCounting(entry, { index, schemes }));
}

function imagesOf(entries: readonly ShownEntry[]): ReadonlySet<number | string> {
  return new Set(entries.map(({ image }) => image));
}

async function allAffected(
  id: string,
  { store, extensions, published }: CommandContext,
): Promise<AffectedEntry[]> {
  const entries: AffectedEntry[] = [];
  for (let after: string | undefined; ; ) {
    const page = { limit: imagesAtATime, ...(after !== undefined && { after }) };
    const find = (): ReturnType<typeof affectedBy> => affectedBy(id, page, { store, extensions });
    // A vendor may only state that nothing is affected.
    const list = (await find()) ?? ((await published?.loadCleared()) ? await find() : undefined);
    if (list === undefined)
      throw new ClairError(
        'usage',
        `no advisory in the database covers ${id}: check the spelling, or fetch advisories with clair db update`,
      );
    entries.push(...list.images);
    if (list.next === undefined) return entries;
    after = list.next;
  }
}

/** Groups entries by image. An entry covers packages of one name and version. */
function byImage(entries: readonly ShownEntry[]): (readonly ShownEntry[])[] {
  return [...Map.groupBy(entries, ({ image }) => image).values()];
}

const heading = ['IMAGE', 'SEVERITY', 'PACKAGES', 'INSTALLED', 'FIXED IN', 'LAYER'];

function tableOf(id: string, entries: readonly ShownEntry[], counts: AffectedCounts): string[] {
  const images = byImage(entries);
  if (images.length === 0) return [`${id} affects no image in the database\n`];
  const lines = alignColumns([heading, ...images.map(rowOf)]);
  const summary = `${id} affects ${pluralize(counts.images, 'image')}, in ${pluralize(counts.packages, 'package')}`;
  return [...lines, '', summary].map((line) => `${line}\n`);
}

/** Renders one image, with each distinct value of its packages once. */
function rowOf(entries: readonly ShownEntry[]): string[] {
  const [first] = entries;
  const found = entries.flatMap(({ findings, isCertain }) =>
    findings.map((finding) => ({ finding, isCertain })),
  );
  const each = (text: (one: (typeof found)[number]) => string): string =>
    [...new Set(found.map(text))].join(', ');
  return [
    first === undefined ? '' : nameOf(first),
    worst(found.map(({ finding }) => finding.vulnerability.severity)),
    each(({ finding }) => finding.package.name),
    each(({ finding, isCertain }) => `${finding.package.version}${isCertain ? '' : ' (perhaps)'}`),
    each(({ finding }) => fixOf(finding)),
    each(({ finding }) => shortOf(finding.package.location.layer ?? '-')),
  ];
}

/** Returns the names of an image. Without one, what the user typed for the scan. */
function nameOf({ names, known, identity }: ShownEntry): string {
  if (names.length > 0) return names.join(', ');
  return known === null ? topOf(identity) : known.reference;
}

function worst(found: readonly Severity[]): Severity {
  return found.toSorted(compareSeverity).at(-1) ?? 'Unknown';
}

function fixOf({ fix }: ShownFinding): string {
  return fix.state === 'fixed' ? (fix.version ?? '') : fix.state.replaceAll('-', ' ');
}

/** Returns the uppermost layer of an image, which is the last line of its identity: a digest or a file. */
function topOf(identity: string): string {
  const [top = ''] = identity.split('\n').slice(-1);
  return shortOf(top.replace(/#[^#/]*$/, ''));
}

/** Shortens a hash to 12 characters. Returns other texts unchanged. */
function shortOf(hash: string): string {
  return hash.replace(/^(sha256:)?([\da-f]{12})[\da-f]{20,}$/, '$2');
}
