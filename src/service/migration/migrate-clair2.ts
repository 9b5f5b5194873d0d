import type { KeyedVulnerabilityRecord } from '../../store/advisory-store.ts';
import type {
  Clair2Database,
  Clair2Name,
  Clair2Notification,
  Clair2Vulnerability,
} from '../../store/clair2-database.ts';
import type { ImportedNotification } from '../../store/notification-store.ts';
import type { Store } from '../../store/store.ts';
import { findUserVulnerabilities, userFeed, userVulnerabilityKey } from '../feeds/user-vulnerabilities.ts';
import type { RecordDeps } from '../ingest/write-vulnerability.ts';
import { DamagedRow, nameOf, recordOfClair2 } from './clair2-records.ts';
import { type UserEvidence, userEvidenceOf } from './vendor-names.ts';

/** Dependencies and options of `migrateClair2`. */
export interface MigrationDeps extends RecordDeps {
  readonly source: Clair2Database;
  readonly store: Pick<Store, 'advisories' | 'vulnerabilities' | 'notifications'>;
  /** Whether the user wants a vulnerability that a vendor may have written: `namespace/name`, as Clair 2 names them. */
  readonly isIncluded: (place: string) => boolean;
  /** Writes nothing. */
  readonly isDryRun: boolean;
  readonly now: () => Date;
  /** Called after each batch, with the number of vulnerabilities and notifications that were read so far. */
  readonly onProgress: (read: number) => void;
}

/** Outcome of a vulnerability or a notification. `taken` also stands for what a dry run would take. */
export type MigrationOutcome = 'taken' | 'present' | 'skipped' | 'damaged';

/** Rows of one namespace and outcome. */
export interface MigrationCount {
  readonly kind: 'vulnerability' | 'notification';
  /** As Clair 2 names it. Empty for notifications. */
  readonly namespace: string;
  readonly outcome: MigrationOutcome;
  readonly reason: string;
  /** The first names, at most `shownNamesMax`. */
  readonly names: readonly string[];
  readonly count: number;
}

/** Rows of one page, and of one transaction. */
const [rowsAtATime, recordsAtATime] = [1000, 50];

/** Names that a line of the result lists. */
const shownNamesMax = 20;

/**
 * Takes over from a database of Clair 2 the vulnerabilities that users wrote, and the notifications that no client has deleted. What is
 * present stays as it is, so a second run goes on where the first one ended. Each step is one transaction.
 */
export async function migrateClair2(deps: MigrationDeps): Promise<readonly MigrationCount[]> {
  const counts = new Counts();
  let read = 0;
  const onRows = (rows: number): void => {
    read += rows;
    deps.onProgress(read);
  };
  if (!deps.isDryRun) await applyQuietly([], deps);
  for await (const names of pagesOf((page) => deps.source.pageNames(page))) {
    await migrateNames(names, deps, counts);
    onRows(names.length);
  }
  for await (const page of pagesOf((one) => deps.source.pageNotifications(one)))
    for (const some of chunksOf(page)) {
      await migrateNotifications(some, deps, counts);
      onRows(some.length);
    }
  return counts.list();
}

async function* pagesOf<T extends { readonly number: number }>(
  read: (page: { readonly limit: number; readonly after?: number }) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let after: number | undefined; ; ) {
    const rows = await read({ limit: rowsAtATime, ...(after !== undefined && { after }) });
    if (rows.length > 0) yield rows;
    if (rows.length < rowsAtATime) return;
    after = rows.at(-1)?.number;
  }
}

function* chunksOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += recordsAtATime) yield list.slice(i, i + recordsAtATime);
}

const reasonTexts: Readonly<Record<UserEvidence, string>> = {
  namespace: 'no updater of Clair 2 writes this namespace',
  name: 'no vendor has such names',
};

async function migrateNames(
  names: readonly Clair2Name[],
  deps: MigrationDeps,
  counts: Counts,
): Promise<void> {
  const reasons = new Map<number, string>();
  for (const { number, namespace, name } of names) {
    const evidence = userEvidenceOf(namespace, name);
    if (evidence !== undefined) reasons.set(number, reasonTexts[evidence]);
    else if (deps.isIncluded(`${namespace}/${name}`)) reasons.set(number, 'the options include it');
    else counts.add({ namespace, outcome: 'skipped', reason: 'a vendor may have written it' }, name);
  }
  for (const numbers of chunksOf([...reasons.keys()]))
    await migrateVulnerabilities(await deps.source.findVulnerabilities(numbers), reasons, deps, counts);
}

/** Takes over some vulnerabilities in one transaction. Of several with one name, the last row counts. */
async function migrateVulnerabilities(
  vulnerabilities: readonly Clair2Vulnerability[],
  reasons: ReadonlyMap<number, string>,
  deps: MigrationDeps,
  counts: Counts,
): Promise<void> {
  const records = new Map<string, { record: KeyedVulnerabilityRecord; of: Clair2Vulnerability }>();
  for (const of of vulnerabilities) {
    const record = await readable(() => recordOfClair2(of, learning(deps)));
    if (record instanceof DamagedRow)
      counts.add({ namespace: of.namespace, outcome: 'damaged', reason: record.message }, of.name);
    else records.set(record.key, { record, of });
  }
  const present = await findUserVulnerabilities(records.keys(), deps.store);
  const taken = [...records.values()].filter(({ record }) => !present.has(record.key));
  if (!deps.isDryRun && taken.length > 0)
    await applyQuietly(
      taken.map(({ record }) => record),
      deps,
    );
  for (const { record, of } of records.values()) {
    const isPresent = present.has(record.key);
    const reason = isPresent ? 'this database has it' : (reasons.get(of.number) ?? '');
    counts.add({ namespace: of.namespace, outcome: isPresent ? 'present' : 'taken', reason }, of.name);
  }
}

/** A dry run does not learn namespaces. */
function learning({ store, isDryRun, extensions }: MigrationDeps): RecordDeps {
  if (!isDryRun) return { store, extensions };
  const saveNamespace = async (): Promise<void> => undefined;
  return { extensions, store: { advisories: { ...store.advisories, saveNamespace } } };
}

/** Writes records of users without events: they are not new. */
async function applyQuietly(
  records: readonly KeyedVulnerabilityRecord[],
  { store, now }: Pick<MigrationDeps, 'store' | 'now'>,
): Promise<void> {
  const feed = {
    ...userFeed,
    sourceVersion: 1,
    origin: 'api',
    fingerprint: '',
    fetchedAt: now().toISOString(),
  };
  const keys = records.map(({ key }) => key);
  const update = { kind: 'keys', ...feed, keys, expectedVersions: new Map(), isQuiet: true } as const;
  await store.advisories.apply(update, streamOf(records));
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function readable<T>(read: () => Promise<T>): Promise<T | DamagedRow> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DamagedRow) return error;
    throw error;
  }
}

/** Takes over some notifications in one transaction. */
async function migrateNotifications(
  notifications: readonly Clair2Notification[],
  deps: MigrationDeps,
  counts: Counts,
): Promise<void> {
  const numbers = new Set(notifications.flatMap((one) => [one.old ?? [], one.new ?? []].flat()));
  const sides = new Map(
    (await deps.source.findVulnerabilities([...numbers])).map((side) => [side.number, side]),
  );
  const read: ImportedNotification[] = [];
  for (const one of notifications) {
    const imported = await readable(() => importedOf(one, sides, deps));
    if (imported instanceof DamagedRow)
      counts.add({ outcome: 'damaged', reason: imported.message }, one.name);
    else read.push(imported);
  }
  const present = new Set<string>();
  for (const { name } of read)
    if ((await deps.store.notifications.find(name)) !== undefined) present.add(name);
  if (!deps.isDryRun) await deps.store.notifications.takeOver(userFeed, read);
  for (const { name } of read)
    if (present.has(name)) counts.add({ outcome: 'present', reason: 'this database has it' }, name);
    else counts.add({ outcome: 'taken', reason: 'no client has deleted it' }, name);
}

async function importedOf(
  { name, createdAt, notifiedAt, old, new: is }: Clair2Notification,
  sides: ReadonlyMap<number, Clair2Vulnerability>,
  deps: MigrationDeps,
): Promise<ImportedNotification> {
  const side = async (number: number | null): Promise<KeyedVulnerabilityRecord | null> => {
    const found = number === null ? undefined : sides.get(number);
    if (found === undefined) return null;
    const record = await recordOfClair2(found, learning(deps));
    return { ...record, key: userVulnerabilityKey(`notification\n${name}`, `${found.number}`) };
  };
  const current = sides.get(is ?? old ?? 0);
  if (current === undefined) throw new DamagedRow('it names no vulnerability');
  const { namespace, id } = nameOf(current);
  const [before, after] = [await side(old), await side(is)];
  const marker = (after ?? before)?.affected.find((row) => row.namespace.name === namespace);
  return {
    name,
    id,
    createdAt: createdAt ?? deps.now(),
    notifiedAt,
    namespace: marker?.namespace ?? { name: namespace, versionScheme: '' },
    old: before,
    new: after,
  };
}

type CountKey = Pick<MigrationCount, 'outcome' | 'reason'> & { readonly namespace?: string };

/** Counts rows by namespace, outcome and reason. */
class Counts {
  readonly #rows = new Map<string, { -readonly [Key in keyof MigrationCount]: MigrationCount[Key] }>();

  add({ namespace = '', outcome, reason }: CountKey, name: string): void {
    const kind = namespace === '' ? 'notification' : 'vulnerability';
    const key = JSON.stringify([kind, namespace, outcome, reason]);
    const row = this.#rows.get(key) ?? { kind, namespace, outcome, reason, names: [], count: 0 };
    const names = row.names.length < shownNamesMax ? [...row.names, name] : row.names;
    this.#rows.set(key, { ...row, names, count: row.count + 1 });
  }

  /** Returns vulnerabilities by namespace, then notifications. */
  list(): MigrationCount[] {
    return [...this.#rows.values()];
  }
}
