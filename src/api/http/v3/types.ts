/*
 * Types of the Clair v3 API, as in proto/coreos/clair/clair.proto. In responses, absent and empty are the same, as in proto3; requests
 * have all fields.
 */

/** A vulnerability in one namespace. */
export interface V3Vulnerability {
  readonly name?: string;
  readonly namespace_name?: string;
  readonly description?: string;
  readonly link?: string;
  readonly severity?: string;
  /** A JSON object as text. */
  readonly metadata?: string;
  readonly fixed_by?: string;
  readonly affected_versions?: readonly V3Feature[];
}

/** A detector of distributions or of packages. */
export interface Detector {
  readonly name?: string;
  readonly version?: string;
  readonly dtype?: 'DETECTOR_D_TYPE_NAMESPACE' | 'DETECTOR_D_TYPE_FEATURE';
}

/** A namespace, and its detector. */
export interface V3Namespace {
  readonly name?: string;
  readonly detector?: Detector;
}

/** A source or binary package. */
export interface V3Feature {
  readonly name?: string;
  readonly namespace?: V3Namespace;
  readonly version?: string;
  readonly version_format?: string;
  readonly detector?: Detector;
  readonly vulnerabilities?: readonly V3Vulnerability[];
  readonly feature_type?: 'source' | 'binary';
}

/** The detectors of the server, and the time of the last update of the advisories. */
export interface ClairStatus {
  readonly detectors?: readonly Detector[];
  /** Time in RFC 3339. */
  readonly last_update_time?: string;
}

/** A layer with the packages that it introduced. */
export interface AncestryLayer {
  readonly layer?: { readonly hash?: string };
  readonly detected_features?: readonly V3Feature[];
}

/** Request for an image by its name. */
export interface GetAncestryRequest {
  readonly ancestry_name: string;
}

/** Response with an image and its packages. */
export interface GetAncestryResponse {
  readonly ancestry?: { readonly name?: string; readonly layers?: readonly AncestryLayer[] };
  readonly status?: ClairStatus;
}

/** A layer to read. */
export interface PostLayer {
  readonly hash: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Request to read an image. */
export interface PostAncestryRequest {
  readonly ancestry_name: string;
  readonly format: string;
  readonly layers: readonly PostLayer[];
}

/** Response to `PostAncestry` and `GetStatus`. */
export interface StatusResponse {
  readonly status?: ClairStatus;
}

/** Request for a notification, with a page of each side. */
export interface GetNotificationRequest {
  readonly old_vulnerability_page: string;
  readonly new_vulnerability_page: string;
  readonly limit: number;
  readonly name: string;
}

/** One side of a notification, with a page of the affected ancestries. */
export interface PagedVulnerableAncestries {
  readonly current_page?: string;
  readonly next_page?: string;
  readonly limit?: number;
  readonly vulnerability?: V3Vulnerability;
  readonly ancestries?: readonly { readonly index?: number; readonly name?: string }[];
}

/** A notification. Times are seconds since 1970, as text. */
export interface GetNotificationResponse {
  readonly notification?: {
    readonly name?: string;
    readonly created?: string;
    readonly notified?: string;
    readonly deleted?: string;
    readonly old?: PagedVulnerableAncestries;
    readonly new?: PagedVulnerableAncestries;
  };
}

/** Request to acknowledge a notification. */
export interface MarkNotificationAsReadRequest {
  readonly name: string;
}
