import * as z from 'zod/mini';
import { type FindingCause, findingCauses } from '../../../model/finding-changes.ts';
import { severities } from '../../../model/severity.ts';
import { changesOfDay } from '../../../service/fleet/day-changes.ts';
import type { ChangePlace, SubjectChange } from '../../../store/finding-change-store.ts';
import { parseQuery } from '../native/query.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { changeListDescription, changesDescription } from './change-descriptions.ts';
import type { CsvColumns } from './csv.ts';
import { limitParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { listResponse, type RowList } from './list-response.ts';
import { pageCursor } from './page-cursor.ts';
import { jsonResponse } from './problem.ts';

const dayParameter = z.optional(z.iso.date('must be a day such as 2026-01-31'));

/**
 * `GET /summary/changes`: returns how many findings of a day are new and closed since the last count of the day before, by their causes. Costs
 * two rows.
 */
async function getChangesRoute(request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const { day } = parseQuery(request, z.strictObject({ day: dayParameter }));
  return jsonResponse(200, await changesOfDay(store.findingCounts, day));
}

const changeCursor = pageCursor<ChangePlace>('changes', z.tuple([z.number(), z.string()]));

const listQuery = z.strictObject({
  limit: limitParameter,
  after: z.optional(changeCursor.parameter),
  day: dayParameter,
  severity: z.optional(z.enum(severities, `must be one of ${severities.join(', ')}`)),
});

/** `GET /summary/changes/:cause`: returns a page of the images or vulnerabilities that changed findings on a day. */
async function listChangesRoute(
  request: ApiRequest,
  { store, listLimiter }: FleetDeps,
): Promise<ApiResponse> {
  const { limit, after, day: wanted, severity } = parseQuery(request, listQuery);
  const cause = causeOf(request.params['cause'] ?? '');
  const day = wanted ?? (await store.findingCounts.findDays())[0]?.day ?? null;
  const list: RowList<SubjectChange, ChangePlace> = {
    name: 'changes',
    read: async (page) => {
      if (day === null) return { rows: [] };
      const { changes, next } = await store.findingCounts.pageChanges({ day, cause, severity }, page);
      return { rows: changes, next };
    },
    toJson: (change) => change,
    columns,
    nextOf: changeCursor.write,
    head: () => Promise.resolve({ day }),
  };
  return await listResponse(list, { limit, after }, { request, listLimiter });
}

function causeOf(text: string): FindingCause {
  const cause = findingCauses.find((one) => one === text);
  if (cause === undefined) throw new WireError(404, `unknown cause: use one of ${findingCauses.join(', ')}`);
  return cause;
}

const columns: CsvColumns<SubjectChange> = {
  subject: ({ subject }) => subject,
  severity: ({ severity }) => severity,
  digest: ({ digest }) => digest,
  reference: ({ reference }) => reference,
  opened: ({ opened }) => opened,
  closed: ({ closed }) => closed,
  rerated: ({ rerated }) => rerated,
};

/** The routes of `/api/v1` on new and closed findings. */
export const changeRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getChanges',
    method: 'GET',
    path: '/summary/changes',
    handler: getChangesRoute,
    description: changesDescription,
  },
  {
    name: 'api/v1/listChanges',
    method: 'GET',
    path: '/summary/changes/:cause',
    handler: listChangesRoute,
    description: changeListDescription,
  },
];
