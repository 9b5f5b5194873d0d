/** A distribution, by the release files of an image. os-release(5). */
export interface Distro {
  /** `debian`, `alpine`, `rhel`… in lower case, as `ID` in os-release. */
  readonly id: string;
  /** `12`, `3.19.4`, `9.4`. Absent for rolling releases such as Debian sid. */
  readonly versionId?: string;
  /** `bookworm`, `jammy`. */
  readonly versionCodename?: string;
  /** A name for people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly prettyName?: string;
  /** Distributions this one derives from, nearest first (`ID_LIKE`). */
  readonly like: readonly string[];
  /** `SUPPORT_END` of os-release, an ISO date. */
  readonly supportEnd?: string;
  /** Present if the user set the distribution. */
  readonly source?: 'user';
}
