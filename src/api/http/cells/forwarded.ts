import * as z from 'zod/mini';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { parseDigest } from '../../../model/digest.ts';
import { parseImageName } from '../../../model/image-name.ts';
import { askCells, type Cell, type CellDeadline, cellDeadline } from '../../../service/cells/cell.ts';
import type { CellsDeps } from '../../../service/cells/list-over-cells.ts';
import { isSuccess, type ServerAnswer, type ServerRequest } from '../../../service/cells/server-api.ts';
import { jsonResponse } from '../fleet/problem.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { incompleteResponse } from './incomplete.ts';

/** Dependencies of the routes of a server over several cells. */
export interface FrontDeps extends CellsDeps {
  /** Returns the cell that a registry belongs to, by its address. */
  readonly ownerOf: (registry: string) => Cell;
  /** Returns the address of a watched registry by its name in the settings. */
  readonly watchedRegistry: (name: string) => string | undefined;
}

/** `POST /images`: lets the cell scan that the registry belongs to. */
export async function postImageToCell(request: ApiRequest, { ownerOf }: FrontDeps): Promise<ApiResponse> {
  const body = (await request.body()).toString();
  const registry = registryIn(body);
  if (registry === undefined)
    throw new WireError(
      400,
      'the body must have a reference: {"reference": "registry.example/shop/web:1.4"}',
    );
  return await forward(
    ownerOf(registry),
    { path: '/api/v1/images', body, limit: 'serverAnswerBytes' },
    request,
  );
}

const referenceSchema = z.object({ reference: z.string() });

function registryIn(body: string): string | undefined {
  try {
    return parseImageName(z.parse(referenceSchema, JSON.parse(body)).reference)?.registry;
  } catch {
    return undefined;
  }
}

/** `GET /jobs/:id`: asks all cells, as only one has the scan. */
export async function getJobOfCells(request: ApiRequest, deps: FrontDeps): Promise<ApiResponse> {
  const path = `/api/v1/jobs/${jobIdIn(request)}`;
  const found = await findInCells({ path, limit: 'serverAnswerBytes' }, request, deps);
  return 'response' in found ? found.response : responseOf(found.answer, found.cell);
}

/** `POST /jobs/:id/retry`: runs a failed scan again, in the cell that has it. */
export async function retryJobOfCells(request: ApiRequest, deps: FrontDeps): Promise<ApiResponse> {
  const path = `/api/v1/jobs/${jobIdIn(request)}`;
  const found = await findInCells({ path, limit: 'serverAnswerBytes' }, request, deps);
  if ('response' in found) return found.response;
  return await forward(found.cell, { path: `${path}/retry`, body: '', limit: 'serverAnswerBytes' }, request);
}

function jobIdIn({ params }: ApiRequest): string {
  const id = params['id'] ?? '';
  if (/^[\w-]{1,64}$/.test(id)) return id;
  throw new WireError(404, 'there is no such job, or it ended long ago');
}

/** `GET /images/:digest/report`: asks all cells, and returns the report of the first that has the image. */
export async function getReportOfCells(request: ApiRequest, deps: FrontDeps): Promise<ApiResponse> {
  const digest = parseDigest(request.params['digest'] ?? '');
  if (digest === undefined)
    throw new WireError(400, 'the digest must be sha256:… with 64 hexadecimal digits');
  const { accept = '*/*' } = request.headers;
  const report = {
    path: `/api/v1/images/${digest}/report`,
    query: Object.fromEntries(request.query),
    headers: { accept },
    limit: 'reportBytes',
  } as const;
  const found = await findInCells(report, request, deps, limits.cellReportMs);
  return 'response' in found ? found.response : responseOf(found.answer, found.cell);
}

/** `GET /registries`: returns the watched registries of all cells. */
export async function getRegistriesOfCells(request: ApiRequest, { cells }: FrontDeps): Promise<ApiResponse> {
  using deadline = cellDeadline(request.signal);
  const { answers, missing } = await askCells(cells, deadline, async (cell) => {
    const path = '/api/v1/registries';
    const answer = await cell.exchange({ path, limit: 'cellPageBytes' }, deadline.signal);
    if (!isSuccess(answer)) throw cell.api.refusalOf(answer);
    return cell.api.parse(registriesSchema, answer).registries;
  });
  if (missing.length > 0) return incompleteResponse(missing, request);
  const registries = cells.flatMap(({ name }) =>
    (answers.get(name) ?? []).map((registry) => ({ ...registry, cell: name })),
  );
  return jsonResponse(200, { registries });
}

const registriesSchema = z.object({ registries: z.array(z.looseObject({ name: z.string() })) });

/** `POST /registries/:name/walk`: lets the cell walk that the registry belongs to. */
export async function postWalkToCell(request: ApiRequest, deps: FrontDeps): Promise<ApiResponse> {
  const name = request.params['name'] ?? '';
  const path = `/api/v1/registries/${encodeURIComponent(name)}/walk`;
  return await forward(watcherOf(name, deps), { path, body: '', limit: 'serverAnswerBytes' }, request);
}

/** Headers with which senders of notifications prove that they know the secret. The cell checks it. */
const webhookHeaders = ['authorization', 'x-hub-signature-256', 'content-type'] as const;

/** `POST /webhooks/:registry`: passes a notification to the cell that the registry belongs to. */
export async function postWebhookToCell(request: ApiRequest, deps: FrontDeps): Promise<ApiResponse> {
  const name = request.params['registry'] ?? '';
  const headers = webhookHeaders.flatMap((header) => {
    const value = request.headers[header]?.toString();
    return value === undefined ? [] : [[header, value] as const];
  });
  const webhook = {
    path: `/api/v1/webhooks/${encodeURIComponent(name)}`,
    query: Object.fromEntries(request.query),
    body: (await request.body()).toString(),
    limit: 'serverAnswerBytes',
    // Never the token of the cell: the sender must know the secret.
    headers: { authorization: '', ...Object.fromEntries(headers) },
  } as const;
  return await forward(watcherOf(name, deps), webhook, request);
}

function watcherOf(name: string, { watchedRegistry, ownerOf }: FrontDeps): Cell {
  const registry = watchedRegistry(name);
  if (registry === undefined) throw new WireError(404, `no registry ${name} is walked`);
  return ownerOf(registry);
}

type CellRequest = Omit<ServerRequest, 'signal'>;

/** Sends a request to one cell, and returns its response. */
async function forward(cell: Cell, cellRequest: CellRequest, request: ApiRequest): Promise<ApiResponse> {
  using deadline = cellDeadline(request.signal);
  const { answers, missing } = await askCells([cell], deadline, (one) =>
    acceptedAnswer(one, cellRequest, deadline),
  );
  const answer = answers.get(cell.name);
  return answer === undefined ? incompleteResponse(missing, request) : responseOf(answer, cell);
}

type FoundInCells =
  | { readonly cell: Cell; readonly answer: ServerAnswer }
  | { readonly response: ApiResponse };

/** Returns the first answer of a cell that has the subject. Without one, a response: 404, or 503 if a cell is missing that may have it. */
async function findInCells(
  cellRequest: CellRequest,
  request: ApiRequest,
  { cells }: FrontDeps,
  ms?: number,
): Promise<FoundInCells> {
  using deadline = cellDeadline(request.signal, ms);
  const { answers, missing } = await askCells(cells, deadline, (cell) =>
    acceptedAnswer(cell, cellRequest, deadline),
  );
  const all = cells.flatMap((cell) => {
    const answer = answers.get(cell.name);
    return answer === undefined ? [] : [{ cell, answer }];
  });
  const found =
    all.find(({ answer }) => isSuccess(answer)) ?? all.find(({ answer }) => answer.status !== 404);
  if (found !== undefined) return found;
  const [first] = all;
  if (missing.length > 0 || first === undefined) return { response: incompleteResponse(missing, request) };
  return { response: responseOf(first.answer, first.cell) };
}

/** Returns an answer that the client may get. Throws for one that only says that the cell cannot answer now, or refuses this server. */
async function acceptedAnswer(
  cell: Cell,
  request: CellRequest,
  { signal }: CellDeadline,
): Promise<ServerAnswer> {
  const answer = await cell.exchange(request, signal);
  const isOfCell = answer.status >= 500 || answer.status === 429;
  const isRefusedToken = answer.status === 401 && request.headers?.['authorization'] === undefined;
  if (isOfCell || isRefusedToken) throw cell.api.refusalOf(answer);
  if (isSuccess(answer) || isProblem(answer)) return answer;
  throw new ClairError('server-refused', `${answer.status} from ${cell.api.name}: it is no server of clair`);
}

/** Other servers than ours rarely answer with a problem document. */
function isProblem({ headers }: ServerAnswer): boolean {
  return headers['content-type']?.startsWith('application/problem+json') === true;
}

/** Returns the answer of a cell as the response, with its name. */
function responseOf({ status, headers, bytes }: ServerAnswer, { name }: Cell): ApiResponse {
  const passed = ['location', 'vary', 'clair-assessed'] as const;
  return {
    status,
    headers: {
      ...Object.fromEntries(
        passed.flatMap((header) =>
          headers[header] === undefined ? [] : [[header, String(headers[header])]],
        ),
      ),
      'Clair-Cell': name,
    },
    contentType: headers['content-type'] ?? 'application/octet-stream',
    text: bytes.toString(),
  };
}
