import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { knownTagOf } from '../../../service/images/find-known-images.ts';
import type { AgeFigures, AgeScope, FindingAges, SeverityAges } from '../../../store/finding-age-store.ts';
import { integerParameter, parseQuery } from '../native/query.ts';
import type { ApiRequest, ApiResponse } from '../route.ts';
import { WireError } from '../route.ts';
import { agesDescription } from './age-descriptions.ts';
import { type CsvColumns, type CsvPage, csvResponse, wantsCsv } from './csv.ts';
import { textParameter } from './filters.ts';
import type { FleetDeps, FleetRoute } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';

const query = z.strictObject({
  repository: textParameter,
  days: z._default(integerParameter(1, limits.closedFindingDays), limits.closedFindingDays),
});

/** The end of a pattern of all repositories below a path. */
const below = '/*';

/**
 * `GET /summary/ages`: returns how long findings are open, or were until they were closed. Its cost depends on the number of different ages.
 */
async function getAgesRoute(request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  const { repository, days } = parseQuery(request, query);
  const scope = scopeOf(repository);
  checkAccess(scope, request);
  const ages = await store.findingAges.findAges(scope, days);
  if (wantsCsv(request)) return csvResponse('ages', columns, () => onePage(rowsOf(scope, ages)));
  return jsonResponse(200, toJson(scope, days, ages), { Vary: 'Accept' });
}

/** Returns the repositories that a parameter means: all, one, or those below a path with `/*` at its end. */
function scopeOf(repository: string | undefined): AgeScope {
  if (repository === undefined) return { kind: 'all' };
  if (!repository.endsWith(below)) return { kind: 'repository', name: knownTagOf(repository).repository };
  // Only what follows a registry distinguishes it from a path.
  const { repository: example } = knownTagOf(`${repository.slice(0, -1)}x`);
  return { kind: 'below', path: example.slice(0, -below.length) };
}

function patternOf(scope: AgeScope): string | null {
  if (scope.kind === 'all') return null;
  return scope.kind === 'repository' ? scope.name : scope.path + below;
}

/** A token that is limited to repositories reads the ages of one of them. Whether it may read all below a path is not known. */
function checkAccess(scope: AgeScope, { repositories }: ApiRequest): void {
  if (repositories === undefined) return;
  if (scope.kind === 'repository' && repositories.allows(scope.name)) return;
  throw new WireError(403, 'this token is limited to repositories: give one of them');
}

function toJson(scope: AgeScope, days: number, ages: FindingAges | undefined): object {
  const head = { repository: patternOf(scope), days };
  if (ages === undefined)
    return { ...head, countedAt: null, countedSince: null, severities: null, paths: [], cut: false };
  const { countedAt, countedSince, severities, paths, isCut } = ages;
  return {
    ...head,
    countedAt,
    countedSince,
    severities: severities?.map((one) => ({ severity: one.severity, ...agesJson(one) })) ?? null,
    paths: paths.map(({ path, ...one }) => ({ repository: path + below, ...agesJson(one) })),
    cut: isCut,
  };
}

type Ages = Omit<SeverityAges, 'severity'>;

function agesJson({ open, closed }: Ages): object {
  return { open: figuresJson(open), closed: figuresJson(closed) };
}

function figuresJson({ findings, atLeast, median, p90 }: AgeFigures): object {
  return {
    findings,
    atLeast,
    median: median && { days: median.days, exact: median.isExact },
    p90: p90 && { days: p90.days, exact: p90.isExact },
  };
}

/** A line of the CSV file. */
interface AgeLine extends Ages {
  readonly repository: string | null;
  /** Null for all severities together. */
  readonly severity: string | null;
}

function rowsOf(scope: AgeScope, ages: FindingAges | undefined): AgeLine[] {
  const repository = patternOf(scope);
  const bySeverity = (ages?.severities ?? []).map((one) => ({ repository, ...one }));
  const byPath = (ages?.paths ?? []).map(({ path, ...one }) => ({
    repository: path + below,
    severity: null,
    ...one,
  }));
  return [...bySeverity, ...byPath];
}

async function* onePage(rows: readonly AgeLine[]): AsyncGenerator<CsvPage<AgeLine>> {
  yield { rows, next: undefined };
}

const columns: CsvColumns<AgeLine> = {
  repository: ({ repository }) => repository,
  severity: ({ severity }) => severity,
  ...figureColumns('open', ({ open }) => open),
  ...figureColumns('closed', ({ closed }) => closed),
};

function figureColumns(name: string, of: (line: AgeLine) => AgeFigures): CsvColumns<AgeLine> {
  return {
    [name]: (line) => of(line).findings,
    [`${name}AtLeast`]: (line) => of(line).atLeast,
    [`${name}MedianDays`]: (line) => of(line).median?.days ?? null,
    [`${name}MedianExact`]: (line) => exactText(of(line).median?.isExact),
    [`${name}P90Days`]: (line) => of(line).p90?.days ?? null,
    [`${name}P90Exact`]: (line) => exactText(of(line).p90?.isExact),
  };
}

function exactText(isExact: boolean | undefined): string | null {
  return isExact === undefined ? null : String(isExact);
}

/** The route of `/api/v1` on the ages of findings. */
export const ageRoutes: readonly FleetRoute[] = [
  {
    name: 'api/v1/getAges',
    method: 'GET',
    path: '/summary/ages',
    checksRepositories: true,
    handler: getAgesRoute,
    description: agesDescription,
  },
];
