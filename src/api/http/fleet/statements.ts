import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import {
  type ListedStatement,
  pageStatements,
  type StatementPlace,
} from '../../../service/suppressions/list-statements.ts';
import { previewSuppressions } from '../../../service/suppressions/preview-suppressions.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import type { CsvColumns } from './csv.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';
import { previewDescription, statementsDescription } from './statement-descriptions.ts';
import { checkedName, checkedSuppressions } from './suppressions.ts';

const cursor = pageCursor('statements', z.readonly(z.tuple([z.string(), z.int()])));
const statementsPerPage = 100;

const listQuery = z.strictObject({
  limit: z._default(integerParameter(1, limits.affectedPerPage), statementsPerPage),
  after: z.optional(cursor.parameter),
});

/** `GET /statements`: returns a page of the rules and VEX statements of saved files. Reads these files, whatever the fleet has. */
async function getStatementsRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { limit, after } = parseQuery(request, listQuery);
  const list: RowList<ListedStatement, StatementPlace> = {
    name: 'statements',
    read: (page) => pageStatements(page, deps),
    toJson: (row) => row,
    columns,
    nextOf: cursor.write,
  };
  return await listResponse(list, { limit, after }, { request, listLimiter: deps.listLimiter });
}

const columns: CsvColumns<ListedStatement> = {
  file: ({ file }) => file,
  kind: ({ kind }) => kind,
  vulnerabilities: ({ vulnerabilities }) => vulnerabilities,
  status: ({ status }) => status,
  scope: ({ scope }) => scope,
  justification: ({ justification }) => justification,
  reason: ({ reason }) => reason,
  author: ({ author }) => author,
  at: ({ at }) => at,
  expires: ({ expires }) => expires,
  state: ({ state }) => state,
};

const previewQuery = z.strictObject({ name: z.string('must be given once') });

/**
 * `POST /statements/preview`: returns which findings a file of rules or a VEX document would suppress, before it is saved. Examines at most
 * `limits.previewedImages` images.
 */
async function postPreviewRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const name = checkedName(parseQuery(request, previewQuery).name);
  const content = (await request.body()).toString();
  const suppressions = checkedSuppressions({ name, content }, deps.parse);
  const preview = await deps.listLimiter.run(request.signal, () => previewSuppressions(suppressions, deps));
  return jsonResponse(200, preview);
}

/** The routes of `/api/v1` on rules and VEX statements. */
export const statementRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getStatements',
    method: 'GET',
    path: '/statements',
    handler: getStatementsRoute,
    description: statementsDescription,
  },
  {
    name: 'api/v1/postPreview',
    method: 'POST',
    path: '/statements/preview',
    scope: 'triage',
    bodyBytesMax: limits.ignoreFileBytes,
    handler: postPreviewRoute,
    description: previewDescription,
  },
];
