import * as z from 'zod/mini';
import type { PageRequest } from '../store/page.ts';
import { alignColumns, withoutEmptyColumn } from './align-columns.ts';
import { type DatabaseOptions, openCommandContext } from './command-context.ts';
import { writeJsonOrText } from './output.ts';
import { listStatus, refuseWithServer, ServerLists } from './remote-list/server-list.ts';
import type { RemoteServerOptions } from './remote-scan/server-token.ts';

/** Options of `clair jobs`. */
export interface JobsOptions extends Pick<DatabaseOptions, 'db' | 'loaded'>, Partial<RemoteServerOptions> {
  readonly format: 'table' | 'json';
  /** Only scans of images of this registry. */
  readonly registry?: string;
  readonly limit: number;
  /** The id of the last scan of the previous page, or the token of a server. */
  readonly after?: string;
}

const jobEntry = z.looseObject({
  id: z.string(),
  reference: z.string(),
  step: z.nullable(z.string()),
  error: z.nullable(z.string()),
  endedAt: z.nullable(z.string()),
  cell: z.optional(z.string()),
});

/** A scan as the list shows it. */
interface ShownJob {
  readonly id: string;
  readonly reference: string;
  readonly step: string | null;
  readonly error: string | null;
  readonly endedAt: string | null;
  readonly cell?: string | undefined;
}

/** Runs `clair jobs`: lists the scans that have failed. Returns 4 if cells of a server are missing. */
export async function showJobs(options: JobsOptions): Promise<number> {
  const { server, registry, limit, after, format } = options;
  if (server !== undefined) {
    refuseWithServer(options, { db: '--db' });
    const lists = await ServerLists.open({ ...options, server });
    const query = { state: 'failed', registry, limit: String(limit), after };
    const page = await lists.page({ path: '/api/v1/jobs', query, member: 'jobs', entry: jobEntry });
    const { entries: jobs, missing, next, asOf } = page;
    writeJsonOrText(format, { schemaVersion: 1, jobs, missing, asOf, next }, () => textOf(jobs, next));
    return listStatus(page);
  }
  await using context = await openCommandContext({ ...options, offline: true });
  const page: PageRequest<string> = { limit: limit + 1, ...(after !== undefined && { after }) };
  const found = await context.store.scanJobs.findFailed({ ...page, registry });
  const jobs = found.slice(0, limit).map(({ subject: _, ...job }) => job);
  const next = found.length > limit ? jobs.at(-1)?.id : undefined;
  writeJsonOrText(format, { schemaVersion: 1, jobs, next }, () => textOf(jobs, next));
  return 0;
}

const heading = ['ID', 'IMAGE', 'CELL', 'FAILED', 'STEP', 'ERROR'];

function textOf(jobs: readonly ShownJob[], next: string | undefined): string[] {
  if (jobs.length === 0) return ['no scan has failed\n'];
  const rows = jobs.map(({ id, reference, cell, endedAt, step, error }) => [
    ...[id, reference, cell ?? '-', endedAt?.replace(/\.\d+Z$/, 'Z') ?? '-', step ?? '-', error ?? '-'],
  ]);
  return [
    ...alignColumns(withoutEmptyColumn([heading, ...rows], 'CELL')).map((line) => `${line}\n`),
    ...(next === undefined ? [] : [`\nmore scans follow: add --after ${next}\n`]),
  ];
}
