import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Extensions } from '../../../plugin/extensions.ts';
import { noV4Time, toV4Vulnerabilities } from '../../../report/clair4/stored-vulnerability.ts';
import type { V4UpdateDiff, V4UpdateOperation, V4Vulnerability } from '../../../report/clair4/types.ts';
import { uuidOf } from '../../../report/identity.ts';
import type { Store } from '../../../store/store.ts';
import type { AppliedUpdate } from '../../../store/update-store.ts';
import type { ListLimiter } from '../list-limiter.ts';
import { type ApiRequest, type ApiResponse, badRequest, WireError } from '../route.ts';
import { v4MediaType } from './negotiate.ts';
import { nilUuid, readUuid } from './uuid.ts';

/** Dependencies of the routes of updates. */
export interface UpdatesDeps {
  readonly matching: {
    readonly store: Pick<Store, 'updates' | 'vulnerabilities'>;
    readonly extensions: Pick<Extensions, 'enrichers'>;
  };
  readonly listLimiter: ListLimiter;
}

/** `GET update_operation`: returns the newest updates of each feed by its name. */
export async function getUpdateOperations(
  { query, headers }: ApiRequest,
  deps: UpdatesDeps,
): Promise<ApiResponse> {
  const kind = query.get('kind') ?? '';
  if (kind !== '' && kind !== 'vulnerability' && kind !== 'enrichment')
    throw badRequest(`unknown kind: ${JSON.stringify(kind)}`);
  const wanted = kind === '' ? 'vulnerability' : kind;
  const all = await operations(deps, isTrue(query.get('latest') ?? '') ? 1 : limits.updatesPerFeed);
  const found = all.filter((operation) => operation.kind === wanted);
  const ETag = `"${uuidOf(...found.map(({ ref }) => ref))}"`;
  if (found.length > 0 && headers['if-none-match'] === ETag) return { status: 304 };
  const byUpdater = Map.groupBy(found.map(onWire), ({ updater }) => updater);
  const text = JSON.stringify(Object.fromEntries(byUpdater));
  const contentType = v4MediaType('update_operations');
  return { status: 200, ...(found.length > 0 && { headers: { ETag } }), contentType, text };
}

/** Reads a boolean as Go does. Clair takes any other text for false. */
function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

interface FoundOperation extends V4UpdateOperation {
  readonly update: AppliedUpdate;
}

async function operations(
  { matching: { store, extensions } }: UpdatesDeps,
  perFeed: number,
): Promise<FoundOperation[]> {
  const enrichers = new Set(extensions.enrichers.map(({ name }) => name));
  return (await store.updates.findApplied(perFeed)).map((update) => ({
    ref: uuidOf(update.source, update.feed, update.appliedAt),
    updater: updaterOf(update),
    fingerprint: update.fingerprint,
    date: update.appliedAt,
    kind: enrichers.has(update.source) ? 'enrichment' : 'vulnerability',
    update,
  }));
}

function updaterOf({ source, feed }: Pick<AppliedUpdate, 'source' | 'feed'>): string {
  return `${source}/${feed}`;
}

/** `DELETE update_operation/:id`: forgets a replaced update. The advisories stay, so that nothing seems to be clean. */
export async function deleteUpdateOperation(request: ApiRequest, deps: UpdatesDeps): Promise<ApiResponse> {
  const id = readUuid(request.params['id'] ?? '', 'could not deserialize manifest', { namesFault: true });
  request.addLogDetails({ update: id });
  const found = (await operations(deps, limits.updatesPerFeed)).find(({ ref }) => ref === id);
  if (found?.update.isCurrent === true)
    throw badRequest(`update operation ${id} is in use: the advisories of ${found.updater} are those of it`);
  if (found !== undefined) await deps.matching.store.updates.removeReplaced(found.update);
  return { status: 200 };
}

/** `GET update_diff`: returns what changed between two updates of a feed. Without `prev`, everything of `cur` was added. */
export async function getUpdateDiff(request: ApiRequest, deps: UpdatesDeps): Promise<ApiResponse> {
  const { query } = request;
  const ids = ['cur', 'prev'].map((name) => idOf(name, query.get(name) ?? ''));
  const [current = nilUuid, previous = nilUuid] = ids;
  const known = await operations(deps, limits.updatesPerFeed);
  const [cur, prev] = [operationOf(current, known), operationOf(previous, known)];
  const period = periodOf(cur, prev);
  const diff = await deps.listLimiter.run(request.signal, () => readDiff(period, deps));
  const body: V4UpdateDiff = { prev: onWire(prev), cur: onWire(cur), ...diff };
  return { status: 200, contentType: v4MediaType('update_diff'), text: JSON.stringify(body) };
}

function idOf(name: string, text: string): string {
  if (text !== '')
    return readUuid(text, `could not parse ${JSON.stringify(name)} query param into uuid`, {
      namesFault: false,
    });
  if (name === 'cur') throw badRequest('"cur" query param is required');
  return nilUuid;
}

/** Returns a known operation; undefined for the nil UUID. Throws `WireError` 404. */
function operationOf(id: string, known: readonly FoundOperation[]): FoundOperation | undefined {
  if (id === nilUuid) return undefined;
  const found = known.find(({ ref }) => ref === id);
  if (found === undefined)
    throw new WireError(404, `could not get update operations: operation ${id} does not exist`);
  return found;
}

const noOperation: V4UpdateOperation = {
  ref: nilUuid,
  updater: '',
  fingerprint: '',
  date: noV4Time,
  kind: '',
};

function onWire(operation: FoundOperation | undefined): V4UpdateOperation {
  if (operation === undefined) return noOperation;
  const { update: _, ...members } = operation;
  return members;
}

/** A period of one feed, perhaps from a later update to an earlier one. */
interface FeedPeriod {
  readonly update: AppliedUpdate;
  readonly from: string | null;
}

function periodOf(cur: FoundOperation | undefined, prev: FoundOperation | undefined): FeedPeriod {
  if (cur === undefined) throw new WireError(404, 'could not get update operations: cur is no operation');
  if (prev !== undefined && prev.updater !== cur.updater)
    throw badRequest(`prev is of ${prev.updater}, and cur of ${cur.updater}`);
  return { update: cur.update, from: prev?.update.appliedAt ?? null };
}

async function readDiff(
  { update, from }: FeedPeriod,
  { matching: { store } }: UpdatesDeps,
): Promise<Pick<V4UpdateDiff, 'added' | 'removed'>> {
  const { source, feed, appliedAt: to } = update;
  const limit = limits.updateDiffRecords;
  const { added, removed } = await store.updates.findChanges({ source, feed, from, to }, limit + 1);
  if (Math.max(added.length, removed.length) > limit)
    throw new ClairError('limit-exceeded', `the updates differ in more than ${limit} records`);
  const read = async (numbers: readonly number[]): Promise<V4Vulnerability[]> =>
    (await store.vulnerabilities.findByNumbers(numbers)).flatMap((record) =>
      toV4Vulnerabilities({ ...record, updater: updaterOf(record) }),
    );
  return { added: await read(added), removed: await read(removed) };
}
