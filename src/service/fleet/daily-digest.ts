import { dayMs } from '../../core/duration.ts';
import { limits } from '../../core/limits.ts';
import type {
  ComparedCount,
  DailyDigest,
  DigestAdvisories,
  DigestFindings,
  DigestImages,
} from '../../model/daily-digest.ts';
import { compareText } from '../../model/order.ts';
import { compareSeverity, severities } from '../../model/severity.ts';
import type { ListedEvent } from '../../store/event-store.ts';
import type { FindingCount, FindingTotals } from '../../store/finding-count-store.ts';
import type { FleetVulnerability } from '../../store/finding-index-store.ts';
import type { Store } from '../../store/store.ts';
import { changesSince } from './day-changes.ts';
import { summarize } from './summary.ts';

/** Dependencies of `collectDigest`. */
export interface DigestDeps {
  readonly store: Pick<
    Store,
    | 'advisories'
    | 'events'
    | 'findingCounts'
    | 'findingIndex'
    | 'knownImages'
    | 'scanJobs'
    | 'keyValues'
    | 'now'
  >;
  /** Age from which feeds that were not checked are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** The state that a digest notes for the next one. */
export interface DigestMark {
  /** When it was made, ISO 8601. */
  readonly at: string;
  /** The number of the last image that was known. */
  readonly image: number;
  readonly findings: FindingTotals | null;
}

const markKey = 'daily digest';

/** Returns what the last digest noted. Undefined before the first one. */
export async function findDigestMark({ store }: DigestDeps): Promise<DigestMark | undefined> {
  const text = await store.keyValues.get(markKey);
  // The text was written by `saveDigestMark`, so it needs no validation.
  return text === undefined ? undefined : (JSON.parse(text) as DigestMark);
}

/** Notes the state at the time of a digest. */
export async function saveDigestMark({ store }: DigestDeps, mark: DigestMark): Promise<void> {
  await store.keyValues.set(markKey, JSON.stringify(mark));
}

/** Returns the state now, for the next digest. */
export async function newDigestMark({ store }: DigestDeps): Promise<DigestMark> {
  const at = store.now().toISOString();
  const findings = (await store.findingCounts.findTotals()) ?? null;
  return { at, image: await lastImage(store), findings };
}

/**
 * Returns what has changed since the last digest; without one, since a day ago. Its numbers are those of the summary, of the log of events
 * and of the index of findings. Costs at most `limits.digestEvents` events and `limits.digestImages` images, whatever the fleet has.
 */
export async function collectDigest(deps: DigestDeps, signal: AbortSignal): Promise<DailyDigest> {
  const { store } = deps;
  const mark = await findDigestMark(deps);
  const summary = await summarize(deps);
  const since = mark?.at ?? new Date(Date.parse(summary.at) - dayMs).toISOString();
  const before = mark === undefined ? await totalsOfDay(since, store) : mark.findings;
  const others = summary.sources.filter(({ state }) => state !== 'current');
  return {
    since,
    at: summary.at,
    findings: summary.findings && compareFindings(summary.findings, before),
    changes: await changesSince(store.findingCounts, since.slice(0, 10)),
    advisories: await changedAdvisories(since, store, signal),
    images: mark === undefined ? null : await newImages(mark.image, store, signal),
    currentSources: summary.sources.length - others.length,
    otherSources: others.map(({ source, state, reason, lastFailure }) => ({
      source,
      state: state === 'stale' ? 'stale' : 'failed',
      reason: reason ?? lastFailure?.message ?? null,
    })),
    notAssessed: {
      uncountedSets: summary.findings?.dueSets ?? null,
      failedScans: sumOf([...(await store.scanJobs.countFailed()).values()]),
    },
  };
}

async function totalsOfDay(
  time: string,
  { findingCounts }: DigestDeps['store'],
): Promise<FindingTotals | null> {
  const { days } = await findingCounts.findHistory(2);
  return days.find(({ day }) => day === time.slice(0, 10)) ?? null;
}

function compareFindings(totals: FindingTotals, before: FindingTotals | null): DigestFindings {
  const compare = (isCounted: (count: FindingCount) => boolean): ComparedCount => ({
    now: countOf(totals, isCounted),
    before: before && countOf(before, isCounted),
  });
  const bySeverity = severities
    .map((severity) => ({ severity, ...compare((count) => count.severity === severity) }))
    .filter(({ now, before: earlier }) => now > 0 || (earlier ?? 0) > 0);
  return {
    countedAt: totals.at,
    images: totals.images,
    bySeverity: bySeverity.reverse(),
    all: compare(() => true),
    fixable: compare(({ isFixable }) => isFixable),
    exploited: compare(({ exploited }) => exploited === 'yes'),
  };
}

function countOf({ findings }: FindingTotals, isCounted: (count: FindingCount) => boolean): number {
  return sumOf(findings.filter(isCounted).map((count) => count.findings));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Events, images and ids of one request to the store. */
const pageSize = 500;

async function changedAdvisories(
  since: string,
  { events, findingIndex }: DigestDeps['store'],
  signal: AbortSignal,
): Promise<DigestAdvisories> {
  const counts = { new: 0, changed: 0, withdrawn: 0 };
  const ids = new Set<string>();
  let read = 0;
  let after: number | undefined;
  do {
    signal.throwIfAborted();
    const page = await events.pageNewest({}, { limit: pageSize, ...(after !== undefined && { after }) });
    const recent = page.events.filter(({ at }) => at > since);
    countEvents(recent, counts, ids);
    read += recent.length;
    after = recent.length === page.events.length ? page.next : undefined;
  } while (after !== undefined && read < limits.digestEvents);
  const found: FleetVulnerability[] = [];
  for (const some of chunksOf([...ids], pageSize))
    found.push(...(await findingIndex.findVulnerabilities(some)));
  return { ...counts, isComplete: after === undefined, found: found.sort(compareUrgency).map(toFound) };
}

function countEvents(
  events: readonly ListedEvent[],
  counts: Record<ListedEvent['kind'], number>,
  ids: Set<string>,
): void {
  for (const { kind, id } of events) {
    counts[kind]++;
    if (kind !== 'withdrawn') ids.add(id);
  }
}

function toFound({ id, severity, exploited, images }: FleetVulnerability): DigestAdvisories['found'][number] {
  return { id, severity, exploited, images };
}

/** Exploited vulnerabilities come first, then the most severe ones, then those of most images. */
function compareUrgency(a: FleetVulnerability, b: FleetVulnerability): number {
  const isExploited = (one: FleetVulnerability): number => (one.exploited === 'yes' ? 1 : 0);
  return (
    isExploited(b) - isExploited(a) ||
    compareSeverity(b.severity, a.severity) ||
    b.images - a.images ||
    compareText(a.id, b.id)
  );
}

function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

async function newImages(
  afterImage: number,
  { knownImages, findingIndex }: DigestDeps['store'],
  signal: AbortSignal,
): Promise<DigestImages> {
  const sums = { new: 0, counted: 0, findings: 0, exploited: 0 };
  let after: number | undefined = afterImage;
  do {
    signal.throwIfAborted();
    const { images, next } = await knownImages.page({}, { limit: pageSize, after });
    sums.new += images.length;
    for (const one of (await findingIndex.findImages(images.map(({ image }) => image))).values()) {
      sums.counted++;
      sums.findings += sumOf(Object.values(one.bySeverity));
      sums.exploited += one.exploited;
    }
    after = next;
  } while (after !== undefined && sums.new < limits.digestImages);
  return { ...sums, isComplete: after === undefined };
}

/** Returns the number of the last image; 0 without one. Numbers rise, so it is found by some dozens of short reads. */
async function lastImage({ knownImages }: DigestDeps['store']): Promise<number> {
  const nextAfter = async (after: number): Promise<number | undefined> =>
    (await knownImages.page({}, { limit: 1, after })).images[0]?.number;
  let last = 0;
  let step = 1;
  for (;;) {
    const next = await nextAfter(last + step - 1);
    if (next === undefined && step === 1) return last;
    step = next === undefined ? 1 : step * 2;
    last = next ?? last;
  }
}
