import { readFileSync } from 'node:fs';
import type { Affected, Vulnerability } from '../model/vulnerability.ts';
import { rpm } from '../version/rpm.ts';
import { corpus } from './corpus.ts';

/** An rpm of such a list. */
export interface ReferenceRpm {
  readonly name: string;
  readonly evr: string;
  readonly arch: string;
  readonly modularity?: string | null;
}

/** Installed packages and their expected findings, from the corpus. */
export interface RpmReference {
  readonly packages: readonly ReferenceRpm[];
  readonly expected: readonly { readonly id: string; readonly package: string; readonly arch: string }[];
  /** The list has no epochs, so fixed versions are compared without theirs. */
  readonly epochless?: boolean;
}

/** Returns the reference of that name. */
export function rpmReference(name: string): RpmReference {
  return JSON.parse(readFileSync(corpus(`golden/reference/${name}.json`), 'utf8')) as RpmReference;
}

/** Returns the findings of rows on installed rpms as `id package arch`. A simple matcher, to test the rows alone. */
export function findingsOn(
  reference: RpmReference,
  vulnerabilities: readonly Vulnerability[],
  namespace: string,
): string[] {
  const found = vulnerabilities.flatMap(({ id, affected }) =>
    affected
      .filter((row) => row.namespace.name === namespace)
      .flatMap((row) => reference.packages.filter((one) => isHit(row, one, reference.epochless === true)))
      .map(({ name, arch }) => `${id} ${name} ${arch}`),
  );
  return [...new Set(found)].sort();
}

function isHit(
  { package: name, range, only }: Affected,
  installed: ReferenceRpm,
  epochless = false,
): boolean {
  if (installed.name !== name) return false;
  const isBuild = (only?.module !== undefined) === (installed.modularity != null);
  const isArch = only?.arch?.includes(installed.arch) ?? true;
  const to = (range.to ?? '').replace(epochless ? /^\d+:/ : /^$/, '');
  return isBuild && isArch && (rpm.compare(installed.evr, to) ?? 0) < 0;
}

/** Returns the expected findings of a reference in the same form, for the given advisories only. */
export function expectedOn({ expected }: RpmReference, vulnerabilities: readonly Vulnerability[]): string[] {
  const ids = new Set(vulnerabilities.map(({ id }) => id));
  const rows = expected.filter(({ id }) => ids.has(id));
  return [...new Set(rows.map((row) => `${row.id} ${row.package} ${row.arch}`))].sort();
}
