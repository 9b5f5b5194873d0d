/**
 * Types of the responses of the API, as far as the console uses them. A test compares each interface with the route of its `@route` tag
 * in the OpenAPI document.
 */

/** Severities in rising order. */
export type Severity = 'Unknown' | 'Negligible' | 'Low' | 'Medium' | 'High' | 'Critical' | 'Defcon1';

/** Whether a vulnerability is known to be exploited. */
export type Exploitation = 'yes' | 'no' | 'unknown';

/** @route GET /api/v1/summary */
export interface Summary {
  readonly at: string;
  readonly event: number;
  readonly findings: {
    readonly countedAt: string;
    readonly images: number;
    readonly uncountedSets: number;
    readonly counts: readonly FindingCount[];
  } | null;
  /** Null before the first count. */
  readonly notAssessed: NotAssessed | null;
  readonly sources: readonly SourceState[];
}

/** The images that are known not to be assessed completely. */
export interface NotAssessed {
  readonly images: number;
  readonly uncounted: number;
  /** The reasons of most images come first. */
  readonly reasons: readonly {
    readonly code: 'never-loaded' | 'missing' | 'unsupported' | 'out-of-support' | 'no-namespace' | 'unread';
    /** For people. */
    readonly reason: string;
    /** Null if the reason concerns no system. */
    readonly namespace: string | null;
    readonly images: number;
  }[];
}

/** Number of findings with these properties. */
export interface FindingCount {
  readonly severity: Severity;
  readonly fixable: boolean;
  readonly exploited: Exploitation;
  readonly findings: number;
}

/** State of a source. */
export interface SourceState {
  readonly source: string;
  readonly state: 'current' | 'stale' | 'failed';
  readonly reason: string | null;
  readonly feeds: number;
  readonly contentDate: string | null;
  readonly fetchedAt: string | null;
  readonly checkedAt: string | null;
  readonly lastFailure: { readonly at: string; readonly message: string } | null;
}

/** Numbers of findings of an image by severity, as last counted. */
export interface ImageCounts {
  readonly countedAt: string;
  readonly Defcon1: number;
  readonly Critical: number;
  readonly High: number;
  readonly Medium: number;
  readonly Low: number;
  readonly Negligible: number;
  readonly Unknown: number;
  readonly fixable: number;
  readonly exploited: number;
}

/** @route GET /api/v1/images */
export interface ImageList {
  /** Null before the first count, and where only a pass over the whole list finds it. */
  readonly total: { readonly images: number; readonly uncounted: number; readonly countedAt: string } | null;
  readonly images: readonly ListedImage[];
  readonly next?: string | number;
}

/** An image of the list. */
export interface ListedImage {
  readonly number: number;
  readonly reference: string;
  readonly origin: string;
  readonly digest: string | null;
  readonly platform: string | null;
  readonly created: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly names: readonly { readonly name: string; readonly since: string }[];
  readonly layers: readonly string[];
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly untaggedSince: string | null;
  /** Null before the first count; missing on servers that do not count for each image. */
  readonly namespaces?: readonly string[] | null;
  /** As `namespaces`. */
  readonly findings?: ImageCounts | null;
  /** Why it is known not to be assessed completely, for people; missing as `namespaces`. */
  readonly notAssessed?: readonly string[];
}

/** @route GET /api/v1/session */
export interface Session {
  /** Name of the token; null without a session. */
  readonly client: string | null;
  readonly scope: 'read' | 'scan' | 'admin' | 'triage' | null;
  /** Whether the token is limited to repositories. */
  readonly limited: boolean;
  readonly signIn: { readonly token: boolean; readonly oidc: boolean };
  /** Time of the server. */
  readonly at: string;
  readonly version: string | null;
}
