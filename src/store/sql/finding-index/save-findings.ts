import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import { compareText } from '../../../model/order.ts';
import { exploitations, type FoundPackage, type SetFinding } from '../../finding-count-store.ts';
import { BulkWriter, skipKnownIdentities } from '../bulk-writer.ts';
import type { RatedFinding, SetChange } from '../finding-changes/set-changes.ts';
import type { Tables } from '../schema.ts';
import { markFindings, markSummaries } from './due-rows.ts';
import { rankOf, scoreUnits } from './stored-values.ts';

/** Number of names, identities or numbers per statement. */
const atATime = 100;

/** The findings of a set by its number. */
export type FindingsBySet = ReadonlyMap<number, readonly SetFinding[]>;

/** The changes of findings that counted images have. */
export interface IndexedChanges {
  readonly sets: readonly Omit<SetChange, 'before'>[];
  readonly rated: readonly RatedFinding[];
}

/**
 * Replaces the findings of sets in the index. Marks what was counted of a finding that sets of counted images gain or lose, and queues these
 * sets, so that their images are counted again.
 */
export async function indexSets(db: Kysely<Tables>, sets: FindingsBySet): Promise<IndexedChanges> {
  const all = [...sets.values()].flat();
  const vulnerabilities = await upsertVulnerabilities(db, all);
  const packages = await upsertPackages(db, all);
  const findings = await upsertFindings(db, all, { vulnerabilities, packages });
  const counted = await setsOfCountedImages(db, [...sets.keys()]);
  const changed = new Set<number>();
  const changes: Omit<SetChange, 'before'>[] = [];
  for (const [set, ofSet] of sets) {
    const numbers = new Set(ofSet.map((one) => findings.numberOf(one)));
    const { added, removed } = await replaceSet(db, set, numbers);
    if (!counted.has(set)) continue;
    for (const number of [...added, ...removed]) changed.add(number);
    const isAdded = new Set(added);
    const opened = ofSet.filter((one) => isAdded.has(findings.numberOf(one)));
    changes.push({ set, opened, closed: removed, kept: ofSet.length - opened.length });
  }
  await markFindings(db, [...changed]);
  await queueSets(db, [...counted]);
  return { sets: changes, rated: findings.rated };
}

async function upsertVulnerabilities(
  db: Kysely<Tables>,
  findings: readonly SetFinding[],
): Promise<ReadonlyMap<string, number>> {
  const scores = new Map(findings.map(({ vulnerability, epss }) => [vulnerability, scoreUnits(epss)]));
  const names = [...scores.keys()].sort(compareText);
  const known = await findVulnerabilities(db, names);
  for (const { id, name, epss } of known) {
    const score = scores.get(name) ?? null;
    if (epss !== score)
      await db.updateTable('found_vulnerability').set({ epss: score }).where('id', '=', id).execute();
  }
  const existing = new Set(known.map(({ name }) => name));
  const missing = names.filter((name) => !existing.has(name));
  const writer = new BulkWriter(db, 'found_vulnerability', [
    ...['name', 'rank', 'exploited', 'is_fixable', 'epss'],
  ]);
  const [rank, exploited] = [rankOf('Unknown'), exploitations.indexOf('unknown')];
  for (const name of missing) await writer.add([name, rank, exploited, 0, scores.get(name) ?? null]);
  await writer.finish();
  const added = missing.length === 0 ? [] : await findVulnerabilities(db, missing);
  return new Map([...known, ...added].map(({ id, name }) => [name, id]));
}

async function findVulnerabilities(
  db: Kysely<Tables>,
  names: readonly string[],
): Promise<{ readonly id: number; readonly name: string; readonly epss: number | null }[]> {
  const found = [];
  for (const some of splitIntoChunks(names, atATime)) {
    const query = db.selectFrom('found_vulnerability').select(['id', 'name', 'epss']);
    found.push(...(await query.where('name', 'in', padToPowerOfTwo(some)).execute()));
  }
  return found;
}

function valuesOf(item: FoundPackage): (string | null)[] {
  return [item.namespace, item.lookupName, item.type, item.name, item.version, item.purl, item.source];
}

function identityOf(item: FoundPackage): string {
  return hash('sha256', JSON.stringify(valuesOf(item)), 'base64url');
}

const packageColumns = ['namespace', 'lookup_name', 'type', 'name', 'version', 'purl', 'source_name'];

async function upsertPackages(
  db: Kysely<Tables>,
  findings: readonly SetFinding[],
): Promise<ReadonlyMap<string, number>> {
  const packages = new Map(findings.map(({ package: item }) => [identityOf(item), item]));
  const known = await findPackages(db, [...packages.keys()]);
  const missing = [...packages].filter(([identity]) => !known.has(identity));
  if (missing.length === 0) return known;
  missing.sort(([a], [b]) => compareText(a, b));
  const writer = new BulkWriter(db, 'found_package', ['identity', ...packageColumns], skipKnownIdentities);
  for (const [identity, item] of missing) await writer.add([identity, ...valuesOf(item)]);
  await writer.finish();
  const added = await findPackages(
    db,
    missing.map(([identity]) => identity),
  );
  return new Map([...known, ...added]);
}

async function findPackages(db: Kysely<Tables>, identities: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const some of splitIntoChunks(identities, atATime)) {
    const query = db.selectFrom('found_package').select(['id', 'identity']);
    for (const { id, identity } of await query.where('identity', 'in', padToPowerOfTwo(some)).execute())
      found.set(identity, id);
  }
  return found;
}

interface Numbers {
  readonly vulnerabilities: ReadonlyMap<string, number>;
  readonly packages: ReadonlyMap<string, number>;
}

/** A finding with the numbers of its package and vulnerability, and the columns that may change. */
interface FindingRow {
  readonly package: number;
  readonly vulnerability: number;
  readonly content: ReturnType<typeof contentOf>;
  readonly of: SetFinding;
}

function contentOf({ severity, exploited, fix }: SetFinding) {
  return {
    rank: rankOf(severity),
    exploited: exploitations.indexOf(exploited),
    fix_state: fix.state,
    fix_version: fix.state === 'fixed' ? fix.version : null,
  };
}

const contentColumns = ['rank', 'exploited', 'fix_state', 'fix_version'] as const;

/** Adds missing findings, and changes those whose severity, exploitation or fix differs. */
async function upsertFindings(
  db: Kysely<Tables>,
  findings: readonly SetFinding[],
  { vulnerabilities, packages }: Numbers,
): Promise<{ readonly rated: readonly RatedFinding[]; numberOf(finding: SetFinding): number }> {
  const keyOf = (one: SetFinding): string => {
    const [item, vulnerability] = [
      packages.get(identityOf(one.package)),
      vulnerabilities.get(one.vulnerability),
    ];
    if (item === undefined || vulnerability === undefined)
      throw new Error(`the finding ${one.vulnerability} vanished`);
    return `${item} ${vulnerability}`;
  };
  const rows = new Map<string, FindingRow>();
  for (const one of findings) {
    const key = keyOf(one);
    const [item = 0, vulnerability = 0] = key.split(' ').map(Number);
    rows.set(key, { package: item, vulnerability, content: contentOf(one), of: one });
  }
  const known = await findFindings(db, [...rows.values()]);
  const changed: number[] = [];
  const rated: RatedFinding[] = [];
  for (const [key, row] of rows) {
    const stored = known.get(key);
    if (stored === undefined || contentColumns.every((column) => stored[column] === row.content[column]))
      continue;
    await db.updateTable('finding').set(row.content).where('id', '=', stored.id).execute();
    changed.push(row.vulnerability);
    const { rank } = row.content;
    if (stored.rank !== rank)
      rated.push({ vulnerability: row.of.vulnerability, rank, images: stored.images });
  }
  const missing = [...rows].filter(([key]) => !known.has(key)).map(([, row]) => row);
  await insertFindings(db, missing);
  await markSummaries(db, [...changed, ...missing.map(({ vulnerability }) => vulnerability)]);
  const all = missing.length === 0 ? known : await findFindings(db, [...rows.values()]);
  const numbers = new Map(findings.map((one) => [one, all.get(keyOf(one))?.id ?? 0]));
  return { rated, numberOf: (finding) => numbers.get(finding) ?? 0 };
}

async function insertFindings(db: Kysely<Tables>, rows: readonly FindingRow[]): Promise<void> {
  const names = ['package_id', 'vulnerability_id', 'name', 'package', 'namespace'];
  const writer = new BulkWriter(db, 'finding', [...names, ...contentColumns]);
  for (const { package: item, vulnerability, content, of } of rows)
    await writer.add([
      ...[item, vulnerability, of.vulnerability, of.package.name, of.package.namespace],
      ...contentColumns.map((column) => content[column]),
    ]);
  await writer.finish();
}

/** Returns the stored findings of the packages of rows, by the numbers of package and vulnerability. */
async function findFindings(db: Kysely<Tables>, rows: readonly FindingRow[]) {
  const packages = [...new Set(rows.map((row) => row.package))];
  const found: (readonly [string, { id: number; images: number } & ReturnType<typeof contentOf>])[] = [];
  for (const some of splitIntoChunks(packages, atATime)) {
    const stored = await db
      .selectFrom('finding')
      .select(['id', 'package_id', 'vulnerability_id', 'images', ...contentColumns])
      .where('package_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const row of stored) found.push([`${row.package_id} ${row.vulnerability_id}`, row]);
  }
  return new Map(found);
}

async function replaceSet(
  db: Kysely<Tables>,
  set: number,
  findings: ReadonlySet<number>,
): Promise<{ readonly added: readonly number[]; readonly removed: readonly number[] }> {
  const rows = await db.selectFrom('set_finding').select('finding_id').where('set_id', '=', set).execute();
  const before = new Set(rows.map(({ finding_id: number }) => number));
  const added = [...findings].filter((number) => !before.has(number)).sort((a, b) => a - b);
  const removed = [...before].filter((number) => !findings.has(number));
  for (const some of splitIntoChunks(removed, atATime))
    await db.deleteFrom('set_finding').where('set_id', '=', set).where('finding_id', 'in', some).execute();
  const writer = new BulkWriter(db, 'set_finding', ['set_id', 'finding_id']);
  for (const number of added) await writer.add([set, number]);
  await writer.finish();
  return { added, removed };
}

/** Returns those of these sets that counted images have. */
export async function setsOfCountedImages(
  db: Kysely<Tables>,
  sets: readonly number[],
): Promise<ReadonlySet<number>> {
  const counted = new Set<number>();
  for (const some of splitIntoChunks(sets, atATime)) {
    const rows = await db
      .selectFrom('package_set')
      .select('id')
      .where('id', 'in', padToPowerOfTwo(some))
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('counted_set')
            .select('image_id')
            .whereRef('counted_set.set_id', '=', 'package_set.id'),
        ),
      )
      .execute();
    for (const { id } of rows) counted.add(id);
  }
  return counted;
}

async function queueSets(db: Kysely<Tables>, sets: readonly number[]): Promise<void> {
  for (const some of splitIntoChunks(sets, atATime))
    await db
      .insertInto('recounted_set')
      .values(some.map((set) => ({ set_id: set })))
      .onConflict((conflict) => conflict.column('set_id').doNothing())
      .execute();
}
