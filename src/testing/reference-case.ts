import type { Affected, FeedRecord } from '../plugin/index.ts';
import { rpm } from '../version/rpm.ts';

/** Packages of a real system, and the findings of an independent program for a feed. */
export interface ReferenceCase {
  readonly packages: readonly InstalledRpm[];
  readonly expected: readonly { readonly id: string; readonly package: string; readonly fixed: string }[];
}

/** An installed rpm as a reference lists it. */
export interface InstalledRpm {
  readonly name: string;
  readonly evr: string;
  readonly arch: string;
}

/** Returns the rows of a feed whose range contains an installed package, including `not-affected`. Compares versions only, not modules or products. */
export function findings(
  packages: readonly InstalledRpm[],
  records: readonly FeedRecord[],
): { key: string; package: string; version: string; row: Affected }[] {
  const byName = Map.groupBy(packages, ({ name }) => name);
  return records.flatMap((record) =>
    (record.kind === 'vulnerability' ? record.affected : []).flatMap((row) => {
      const installed = byName.get(row.package)?.filter((pkg) => isIn(row, pkg)) ?? [];
      return installed.map(({ name }) => ({
        key: record.key,
        package: name,
        version: row.range.to ?? '',
        row,
      }));
    }),
  );
}

function isIn({ range, only }: Affected, { evr, arch }: InstalledRpm): boolean {
  const isArch = only?.arch === undefined || arch === 'noarch' || only.arch.includes(arch);
  const above = range.from === undefined ? 1 : compare(evr, range.from);
  const below = range.to === undefined ? -1 : compare(evr, range.to);
  const isAbove = range.fromExcluded ? above > 0 : above >= 0;
  return isArch && isAbove && (range.toIncluded ? below <= 0 : below < 0);
}

function compare(a: string, b: string): number {
  return rpm.compare(a, b) ?? Number.NaN;
}
