import * as z from 'zod/mini';
import { limits } from '../../../core/limits.ts';
import { platformForm } from '../../../image/format/platform.ts';
import { parseImageName } from '../../../model/image-name.ts';
import type { ScanJob } from '../../../store/scan-job-store.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import type { FleetDeps } from './fleet-route.ts';
import { jsonResponse } from './problem.ts';

const scanBody = z.strictObject({
  reference: z.string().check(z.maxLength(limits.imageNameCharacters)),
  platform: z.optional(z.string().check(z.regex(platformForm))),
  credentialsRef: z.optional(z.string()),
});

/** `POST /images`: adds a scan of an image of a registry. */
export async function postImageRoute(request: ApiRequest, deps: FleetDeps): Promise<ApiResponse> {
  const { reference, platform = null, credentialsRef: credentials } = await bodyIn(request);
  const name = parseImageName(reference);
  if (name === undefined) throw new WireError(400, `${reference} is not a reference of an image`);
  const { registry } = name;
  request.addLogDetails({ image: reference });
  if (request.repositories?.allowsReference(reference) === false)
    throw new WireError(403, `this token does not allow it: it is limited to other repositories`);
  const otherCell = deps.otherCellOf(registry);
  if (otherCell !== undefined)
    throw new WireError(
      421,
      `${registry} belongs to the cell ${otherCell}: send the scan to it, or to a server over all cells`,
    );
  if (!deps.mayScan(registry))
    throw new WireError(403, `images of ${registry} may not be scanned: images.registries does not name it`);
  if (credentials !== undefined && !deps.credentials.includes(credentials))
    throw new WireError(400, 'credentialsRef must be one of images.credentials of the server');
  const job = await deps.store.scanJobs.add({
    reference,
    registry,
    platform,
    lane: 'interactive',
    ...(credentials !== undefined && { credentials }),
  });
  deps.announceWork();
  return jsonResponse(202, toJobJson(job), { Location: `/api/v1/jobs/${job.id}` });
}

async function bodyIn(request: ApiRequest): Promise<z.infer<typeof scanBody>> {
  const text = (await request.body()).toString();
  const { success, data } = z.safeParse(scanBody, parsed(text));
  if (success) return data;
  throw new WireError(
    400,
    'the body must be {"reference": "registry.example/shop/web:1.4", "platform": "linux/arm64"}; platform and credentialsRef are optional',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `GET /jobs/:id`: returns the state of a scan. */
export async function getJobRoute(request: ApiRequest, { store }: FleetDeps): Promise<ApiResponse> {
  return jsonResponse(200, toJobJson(await findJob(request, store)));
}

/** `POST /jobs/:id/retry`: runs a failed scan again. Changes nothing if it has not failed. */
export async function retryJobRoute(
  request: ApiRequest,
  { store, announceWork }: FleetDeps,
): Promise<ApiResponse> {
  const found = await findJob(request, store);
  const job = await store.scanJobs.retry(found.id);
  announceWork();
  return jsonResponse(200, toJobJson(job ?? found));
}

/** Returns the job of a request. Throws 404 also for a job of a repository that the token may not read. */
async function findJob(
  { params, repositories }: ApiRequest,
  { scanJobs }: FleetDeps['store'],
): Promise<ScanJob> {
  const job = await scanJobs.find(params['id'] ?? '');
  if (job === undefined || repositories?.allowsReference(job.reference) === false)
    throw new WireError(404, 'there is no such job, or it ended long ago');
  return job;
}

/** Returns a job as the API shows it. */
export function toJobJson({ registry: _, subject: __, credentials, ...job }: ScanJob): object {
  return {
    ...job,
    ...(credentials !== null && { credentialsRef: credentials }),
    ...(job.digest !== null && { report: `/api/v1/images/${job.digest}/report` }),
  };
}
