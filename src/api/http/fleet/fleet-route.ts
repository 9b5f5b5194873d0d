import type { ReportFormat } from '../../../plugin/report-format.ts';
import type { StoredImageDeps } from '../../../service/fleet/stored-image.ts';
import type { ActiveSuppressions } from '../../../service/suppressions/active-suppressions.ts';
import type { LabelWeight } from '../../../store/finding-index-store.ts';
import type { ListLimiter } from '../list-limiter.ts';
import type { RouteDescription } from '../openapi.ts';
import type { ApiRequest, ApiResponse, Route } from '../route.ts';
import type { SuppressionRouteDeps } from './suppressions.ts';
import type { WebhookDeps } from './webhooks.ts';

/** Dependencies of the routes of `/api/v1`. */
export interface FleetDeps extends StoredImageDeps, WebhookDeps, Omit<SuppressionRouteDeps, 'store'> {
  readonly suppressions: ActiveSuppressions;
  readonly formats: readonly ReportFormat[];
  /** Names of credentials that a request may choose. */
  readonly credentials: readonly string[];
  /** Returns whether images of a registry may be scanned. */
  readonly mayScan: (registry: string) => boolean;
  /** Returns the name of the cell to which a registry belongs, if it is not the cell of this server. */
  readonly otherCellOf: (registry: string) => string | undefined;
  /** How much the images of labels count when upgrades are ranked. */
  readonly labelWeights: readonly LabelWeight[];
  /** Announces to all servers that there is a new scan. */
  readonly announceWork: () => void;
  /** Limits lists and reports of all APIs together. */
  readonly listLimiter: ListLimiter;
}

/** A handler of a route of `/api/v1`. */
export type FleetHandler = (request: ApiRequest, deps: FleetDeps) => Promise<ApiResponse>;

/** A route of `/api/v1` with its handler and description. */
export interface FleetRoute extends Omit<Route, 'handle'> {
  readonly handler: FleetHandler;
  readonly description: RouteDescription;
}
