import type { RegistryAccess } from '../../../image/registry/endpoint.ts';
import type { FeedOfSource } from '../../../service/feeds/update-feeds.ts';
import type { StoredImageDeps } from '../../../service/fleet/stored-image.ts';
import type { ListLimiter } from '../list-limiter.ts';
import { type ApiRequest, type ApiResponse, WireError } from '../route.ts';
import { harborTypes } from './media-types.ts';
import type { ReportBuilds } from './report-builds.ts';
import { parseScanRequest } from './scan-request.ts';

/** Dependencies of the routes of Harbor's scanner API. */
export interface HarborDeps extends StoredImageDeps {
  /** The enabled feeds. */
  readonly feeds: readonly FeedOfSource[];
  /** Interval between updates in milliseconds; 0 without updates. */
  readonly updateIntervalMs: number;
  /** Returns whether the settings allow to contact a registry: `https://registry.example`. */
  readonly mayContact: (origin: string) => boolean;
  /** Encrypts access to a registry for the database. */
  readonly seal: (access: RegistryAccess) => string;
  /** Announces to all servers that there is a new scan. */
  readonly announceWork: () => void;
  /** Limits lists and reports of all APIs together. */
  readonly listLimiter: ListLimiter;
  readonly builds: ReportBuilds;
  /** Whether an image that is not assessed gets a report with a row that says so, instead of an error. */
  readonly showsDoubts: boolean;
}

/** `POST /scan`: adds a scan of an image of a registry, with the access to the registry that the client gives. */
export async function postHarborScan(request: ApiRequest, deps: HarborDeps): Promise<ApiResponse> {
  const { subject, access, registry, reference } = parseScanRequest(await request.body());
  request.addLogDetails({ image: reference });
  if (!deps.mayContact(access.origin))
    throw new WireError(
      422,
      `registry.url ${access.origin} is refused: api.harbor.registries does not name it`,
    );
  const order = { subject: JSON.stringify(subject), access: deps.seal(access) };
  const { id } = await deps.store.scanJobs.add({ reference, registry, platform: null, lane: 'push', order });
  deps.announceWork();
  return { status: 202, contentType: harborTypes.scanResponse, text: `${JSON.stringify({ id })}\n` };
}
