import type { PageRequest } from './page.ts';

/** A vulnerability in a database of Clair 2, without its packages. */
export interface Clair2Name {
  /** Number of its row. */
  readonly number: number;
  /** As Clair 2 names it: `centos:7`. */
  readonly namespace: string;
  readonly name: string;
}

/** A vulnerability in a database of Clair 2. */
export interface Clair2Vulnerability extends Clair2Name {
  /** `dpkg` or `rpm`. Null in rows of early versions. */
  readonly versionFormat: string | null;
  readonly description: string | null;
  readonly link: string | null;
  readonly severity: string;
  /** JSON, as stored. */
  readonly metadata: string | null;
  /** The versions in which its packages are fixed. `#MAXV#` for none. */
  readonly fixedIn: readonly { readonly package: string; readonly version: string }[];
}

/** A notification that no client of Clair 2 has deleted. */
export interface Clair2Notification {
  /** Number of its row. */
  readonly number: number;
  readonly name: string;
  readonly createdAt: Date | null;
  readonly notifiedAt: Date | null;
  /** Numbers of the vulnerability before and after the change. */
  readonly old: number | null;
  readonly new: number | null;
}

/** A database of Clair 2, as it was when it was opened. It is only read. All functions throw `store-…` errors of its server. */
export interface Clair2Database extends AsyncDisposable {
  /** Returns the vulnerabilities that are not deleted, by rising number. */
  pageNames(page: PageRequest<number>): Promise<readonly Clair2Name[]>;
  /** Returns vulnerabilities by their numbers, also deleted ones. */
  findVulnerabilities(numbers: readonly number[]): Promise<readonly Clair2Vulnerability[]>;
  /** Returns the notifications that no client has deleted, by rising number. */
  pageNotifications(page: PageRequest<number>): Promise<readonly Clair2Notification[]>;
}
