import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { cellDeadline } from '../../../service/cells/cell.ts';
import { affectedList, type CellList, imageList, jobList } from '../../../service/cells/cell-list.ts';
import {
  type CellsDeps,
  type CellsPage,
  type CellsPageRequest,
  listOverCells,
} from '../../../service/cells/list-over-cells.ts';
import { knownTagOf } from '../../../service/images/find-known-images.ts';
import { jsonResponse } from '../fleet/problem.ts';
import { asOfParameter, integerParameter, parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { incompleteResponse, namesOf } from './incomplete.ts';

const entriesPerPage = 100;

const once = z.optional(z.string('must be given once'));

const pageParameters = {
  limit: z._default(integerParameter(1, limits.affectedPerPage), entriesPerPage),
  after: once,
  partial: z._default(z.enum(['true', 'false'], 'must be true or false'), 'false'),
};

type PageParameters = Pick<CellsPageRequest<unknown>, 'limit'> & {
  readonly after?: string | undefined;
  readonly partial: 'true' | 'false';
};

const imagesQuery = z.strictObject({
  ...pageParameters,
  repository: once,
  untagged: z.optional(z.enum(['true', 'false'], 'must be true or false')),
});

/** `GET /images` over all cells. */
export async function getImagesOfCells(request: ApiRequest, deps: CellsDeps): Promise<ApiResponse> {
  const { repository, untagged, ...page } = parseQuery(request, imagesQuery);
  if (repository !== undefined) knownTagOf(repository);
  return await listResponse(imageList({ repository, untagged }), page, { request, deps });
}

const jobsQuery = z.strictObject({
  ...pageParameters,
  state: z.literal('failed', 'must be failed'),
  registry: once,
});

/** `GET /jobs` over all cells. */
export async function getJobsOfCells(request: ApiRequest, deps: CellsDeps): Promise<ApiResponse> {
  const { state, registry, ...page } = parseQuery(request, jobsQuery);
  return await listResponse(jobList({ state, registry }), page, { request, deps });
}

const affectedQuery = z.strictObject({ ...pageParameters, asOf: asOfParameter });

/** `GET /affected/:id` over all cells. */
export async function getAffectedOfCells(request: ApiRequest, deps: CellsDeps): Promise<ApiResponse> {
  const { asOf, ...page } = parseQuery(request, affectedQuery);
  const id = request.params['id'] ?? '';
  const head = { schemaVersion: 1, vulnerability: id };
  return await listResponse(affectedList(id), page, { request, deps, head, asOf });
}

interface ListContext {
  readonly request: ApiRequest;
  readonly deps: CellsDeps;
  /** Members of the response before the list. */
  readonly head?: object;
  readonly asOf?: string | undefined;
}

async function listResponse<Place>(
  list: CellList<Place>,
  { limit, after: token, partial }: PageParameters,
  { request, deps, head = {}, asOf }: ListContext,
): Promise<ApiResponse> {
  using deadline = cellDeadline(request.signal);
  const page = await listOverCells({ list, limit, token, asOf }, deps, deadline);
  const { missing } = page;
  if (!page.isKnown) throw new WireError(404, 'no advisory in the databases of the cells has this id');
  if (missing.length > 0 && (partial !== 'true' || page.asOf === undefined))
    return incompleteResponse(missing, request, page.asOf === undefined ? '' : partialAdvice);
  if (missing.length > 0) request.addLogDetails({ missing: namesOf(missing) });
  return jsonResponse(200, { ...head, [list.member]: page.entries, ...stateOf(page) });
}

const partialAdvice = '; partial=true returns what the others answered';

function stateOf({ asOf, answered, missing, next, resume }: CellsPage): object {
  return { asOf, complete: missing.length === 0, missing, cells: answered, next, resume };
}
