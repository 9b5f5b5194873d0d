/** Where a name and a version mean something, and how versions order: a distro release or a language ecosystem. */
export interface Namespace {
  /** `debian:12`, `alpine:v3.19`, `npm`. */
  readonly name: string;
  /** Name of the version scheme: `dpkg`, `apk`, `rpm`, `npm`… */
  readonly versionScheme: string;
}
