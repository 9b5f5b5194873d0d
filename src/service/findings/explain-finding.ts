import { explainRow } from '../../match/explain.ts';
import type {
  Explanation,
  LayerOfPackage,
  PackageExplanation,
  RowExplanation,
} from '../../model/explanation.ts';
import { compareText } from '../../model/order.ts';
import type { Match, Report, ReportLayer } from '../../model/report.ts';
import { isSameName, spellingsOf } from '../../model/vulnerability-name.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type {
  AsOf,
  FeedState,
  ImagePackage,
  KeyedAffected,
  Store,
  StoredVulnerability,
} from '../../store/store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';
import { findWritten, writtenFeed, writtenKey } from '../feeds/written-vulnerabilities.ts';
import type { IndexedImage } from '../images/index-image.ts';
import { toPackage } from './assess-packages.ts';

/** What explaining needs. */
export interface ExplainingRoom extends AsOf {
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
  readonly store: Pick<Store, 'advisories' | 'vulnerabilities'>;
}

/** What is asked: about which vulnerability and, unless it is all that are spoken of, which package by name or purl. */
export interface Question {
  readonly id: string;
  readonly package?: string | undefined;
}

/**
 * Explains what a report says of a vulnerability, by its id or another name, or why it says nothing: every row of every advisory
 * of that name is held against the packages once more. Fails as a bug does when that gives another answer than the report.
 */
export async function explainFinding(
  question: Question,
  { image, report }: { readonly image: IndexedImage; readonly report: Report },
  room: ExplainingRoom,
): Promise<Explanation> {
  const records = await recordsOf(question.id, room);
  const id = records.find((record) => isSameName(record.id, question.id))?.id ?? question.id;
  const asked = image.packages.filter((item) => isAsked(item, question));
  const spoken = question.package === undefined ? asked.filter((item) => isSpokenOf(item, records)) : asked;
  const states = await room.store.advisories.feedStates({ asOf: room.asOf });
  const evidence = { id, records, states, written: await writtenOf(records, room), report, room };
  return {
    schemaVersion: 1,
    target: report.target,
    distro: report.distro,
    id,
    packages: spoken.map((item) => explainPackage(item, evidence)),
    remarks: remarksOf(question, { records, spoken, isInstalled: asked.length > 0 }),
    coverage: report.coverage,
  };
}

interface Evidence {
  readonly id: string;
  readonly records: readonly StoredVulnerability[];
  readonly states: readonly FeedState[];
  /** Keys of what users have written. */
  readonly written: ReadonlySet<string>;
  readonly report: Report;
  readonly room: ExplainingRoom;
}

/** The records of that id or alias, however it is capitalised. */
async function recordsOf(
  id: string,
  { store, asOf }: ExplainingRoom,
): Promise<readonly StoredVulnerability[]> {
  const numbers: number[] = [];
  for (const spelling of spellingsOf(id))
    numbers.push(...(await store.vulnerabilities.named(spelling, { asOf })));
  const records = await store.vulnerabilities.read(numbers);
  return records.toSorted((a, b) => compareText(a.source, b.source) || compareText(a.id, b.id));
}

async function writtenOf(
  records: readonly StoredVulnerability[],
  { store, asOf }: ExplainingRoom,
): Promise<Set<string>> {
  const keys = records.flatMap(({ id, affected }) =>
    affected.map(({ namespace }) => writtenKey(namespace.name, id)),
  );
  return new Set((await findWritten(keys, store, { asOf })).keys());
}

function isAsked({ name, purl, source }: ImagePackage, { package: asked }: Question): boolean {
  return asked === undefined || name === asked || purl === asked || source?.name === asked;
}

/** Whether any row of the records speaks of the package in its own namespace. */
function isSpokenOf(item: ImagePackage, records: readonly StoredVulnerability[]): boolean {
  const { lookup } = item;
  if (lookup === null) return false;
  const names = namesOf(item);
  return records.some(({ affected }) =>
    affected.some((row) => row.namespace.name === lookup.namespace.name && names.has(row.package)),
  );
}

/** What advisories may call a package. */
function namesOf({ name, source, lookup }: Pick<ImagePackage, 'name' | 'source' | 'lookup'>): Set<string> {
  return new Set([name, source?.name ?? name, lookup?.name ?? name]);
}

function explainPackage(item: ImagePackage, evidence: Evidence): PackageExplanation {
  const { lookup } = item;
  const rows = lookup === null ? [] : rowsFor({ ...item, lookup }, evidence);
  const layer = layerOf(item, evidence.report.layers);
  return { package: toPackage(item), layer, ...outcomeOf(item, rows, evidence), rows };
}

/** A package that belongs to a namespace. */
type LookedUp = ImagePackage & { readonly lookup: NonNullable<ImagePackage['lookup']> };

/** The rows that speak of a package by one of its names: those of its namespace, or where there is none those of others. */
function rowsFor(item: LookedUp, evidence: Evidence): RowExplanation[] {
  const names = namesOf(item);
  const all = evidence.records.flatMap((record) =>
    record.affected.filter((row) => names.has(row.package)).map((row) => ({ record, row })),
  );
  const own = all.filter(({ row }) => row.namespace.name === item.lookup.namespace.name);
  return (own.length > 0 ? own : all).map(({ record, row }) => explainedRow(item, record, { row, evidence }));
}

function explainedRow(
  item: LookedUp,
  record: StoredVulnerability,
  { row, evidence }: { readonly row: KeyedAffected; readonly evidence: Evidence },
): RowExplanation {
  const { source, feed } = record;
  const state = evidence.states.find((known) => known.source === source && known.feed === feed);
  const standing = { schemes: evidence.room.extensions.schemes, setAside: setAsideBy(record, row, evidence) };
  return {
    source,
    feed,
    advisory: record.id,
    namespace: row.namespace.name,
    package: row.package,
    range: row.range,
    fix: row.fix,
    severity: row.severity ?? record.severity,
    only: row.only ?? null,
    modified: record.modified ?? null,
    knownSince: record.validFrom,
    fetchedAt: state?.fetchedAt ?? null,
    checks: explainRow({ ...row, source, affectedPackage: row.package }, item, standing),
  };
}

function setAsideBy(
  { source, id }: StoredVulnerability,
  { namespace }: KeyedAffected,
  { written, states, room }: Evidence,
): string | undefined {
  const better = room.extensions.sources.find(({ name }) => name === source)?.insteadOf;
  if (isSuperseded(source, room.extensions.sources, states))
    return `${source} stands in for ${better ?? 'another source'}, which is loaded itself`;
  if (source !== writtenFeed.source && written.has(writtenKey(namespace.name, id)))
    return `what a user wrote of ${id} in ${namespace.name} stands for what feeds say`;
  return undefined;
}

function outcomeOf(
  item: ImagePackage,
  rows: readonly RowExplanation[],
  { id, report }: Evidence,
): Pick<PackageExplanation, 'outcome' | 'reason' | 'vulnerability'> {
  const isOfItem = (match: Match): boolean =>
    match.package.purl === item.purl && match.package.location.path === item.location.path && isOf(match, id);
  const reported = report.matches.find(isOfItem);
  const suppressed = report.suppressed.find(isOfItem);
  const isHit = rows.some(({ checks }) => checks.every(({ holds }) => holds === true));
  if (isHit !== (reported !== undefined || suppressed !== undefined))
    throw new Error(`${id} in ${item.purl}: the rows of the advisories and the report disagree`);
  const vulnerability = (reported ?? suppressed)?.vulnerability ?? null;
  if (reported !== undefined) return { outcome: 'reported', reason: reasonFor(reported), vulnerability };
  if (suppressed !== undefined) return { outcome: 'suppressed', reason: suppressed.reason, vulnerability };
  const isUndecided = rows.some(({ checks }) => checks.at(-1)?.holds === null);
  if (isUndecided)
    return { outcome: 'undecided', reason: 'the versions have no order: nobody can tell', vulnerability };
  return { outcome: 'not-reported', reason: reasonAgainst(item, rows), vulnerability };
}

/** Whether a finding is of an id: as its own, as another name, or as an advisory that speaks of it. */
function isOf({ vulnerability }: Match, id: string): boolean {
  const { id: own, aliases, advisories } = vulnerability;
  return own === id || aliases.includes(id) || advisories.some((advisory) => advisory.id === id);
}

function reasonFor({ fix, vulnerability }: Match): string {
  const { severity, severitySource } = vulnerability;
  const rated = severitySource ? `${severity} by ${severitySource}` : severity;
  return fix.state === 'fixed'
    ? `${rated}, fixed in ${fix.version}`
    : `${rated}, ${fix.state.replaceAll('-', ' ')}`;
}

function reasonAgainst(item: ImagePackage, rows: readonly RowExplanation[]): string {
  if (item.lookup === null) return 'the package belongs to no namespace: no advisory can be held against it';
  if (rows.length === 0) return `no advisory of this name speaks of ${item.lookup.name}`;
  const failed = rows.flatMap(({ checks }) => checks.filter(({ holds }) => holds === false));
  const [words, ...others] = new Set(failed.map((check) => check.words));
  return words !== undefined && others.length === 0 ? words : 'each row of the advisories fails at something';
}

function layerOf(
  { location, layerPosition }: ImagePackage,
  layers: readonly ReportLayer[],
): LayerOfPackage | null {
  const at = layerPosition ?? layers.findIndex(({ diffId }) => diffId !== null && diffId === location.layer);
  const layer = layers[at] ?? (layers.length === 1 ? layers[0] : undefined);
  if (layer === undefined) return null;
  const { digest, diffId, createdBy } = layer;
  return { position: Math.max(at, 0) + 1, of: layers.length, digest, diffId, createdBy };
}

/** So many names are told of what advisories speak of. */
const toldMax = 12;

function remarksOf(
  { id, package: asked }: Question,
  {
    records,
    spoken,
    isInstalled,
  }: { records: readonly StoredVulnerability[]; spoken: readonly unknown[]; isInstalled: boolean },
): string[] {
  const missing =
    asked !== undefined && !isInstalled ? [`no package ${asked} is installed in the image`] : [];
  if (records.length === 0) return [...missing, `no advisory at hand speaks of ${id}`];
  if (spoken.length > 0) return missing;
  const rows = records.flatMap(({ affected }) =>
    affected.map((row) => `${row.package} in ${row.namespace.name}`),
  );
  const names = [...new Set(rows)].sort(compareText);
  const told = names.slice(0, toldMax).join(', ');
  const more = names.length > toldMax ? ` and ${names.length - toldMax} more` : '';
  return [...missing, ...(names.length > 0 ? [`the advisories speak of ${told}${more}`] : [])];
}
