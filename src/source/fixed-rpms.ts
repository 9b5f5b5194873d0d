import type { Affected, Namespace } from '../plugin/index.ts';
import { unnamedModule } from './vendor-values.ts';

/** An rpm of an advisory: the build that has the fix, for one architecture. */
export interface FixedRpm {
  readonly namespace: Namespace;
  readonly name: string;
  /** Absent means 0. */
  readonly epoch?: string | undefined;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  /** The module stream it belongs to, such as `nodejs:18`. */
  readonly module?: string | undefined;
}

/**
 * Returns the rows for the rpms of an advisory: one for each package, fixed version and module stream, with the
 * architectures that share it. Omits source packages, which are never installed.
 */
export function rowsOfFixedRpms(rpms: Iterable<FixedRpm>): Affected[] {
  const rows = new Map<string, { readonly row: Affected; readonly arches: Set<string> }>();
  for (const rpm of rpms) {
    if (rpm.arch === 'src' || rpm.arch === 'nosrc') continue;
    const version = versionOf(rpm);
    const module = rpm.module ?? unnamedModule(rpm.release).module;
    const key = JSON.stringify([rpm.namespace.name, rpm.name, version, module]);
    const existing = rows.get(key);
    if (existing === undefined) rows.set(key, firstOf(rpm, version, module));
    else existing.arches.add(rpm.arch);
  }
  return Array.from(rows.values(), ({ row, arches }) => ({
    ...row,
    only: { ...row.only, arch: [...arches].sort() },
  }));
}

function firstOf(
  { namespace, name, arch }: FixedRpm,
  version: string,
  module: string | undefined,
): { readonly row: Affected; readonly arches: Set<string> } {
  const only = module === undefined ? {} : { only: { module } };
  const row = {
    namespace,
    package: name,
    range: { to: version },
    fix: { state: 'fixed', version },
    ...only,
  } as const;
  return { row, arches: new Set([arch]) };
}

function versionOf({ epoch, version, release }: FixedRpm): string {
  return `${epoch === undefined || /^0*$/.test(epoch) ? '' : `${epoch}:`}${version}-${release}`;
}

/** Parses a file name such as `delve-0:1.25.2-1.el10_1.aarch64.rpm`. Returns undefined if it has another form. */
export function parseNevra(
  text: string,
): Pick<FixedRpm, 'name' | 'epoch' | 'version' | 'release' | 'arch'> | undefined {
  const parts = /^(?<name>.+)-(?:(?<epoch>\d+):)?(?<version>[^-:]+)-(?<release>[^-:]+)\.(?<arch>\w+)$/;
  const { name, epoch, version, release, arch } = parts.exec(text.replace(/\.rpm$/, ''))?.groups ?? {};
  if (name === undefined || version === undefined || release === undefined || arch === undefined)
    return undefined;
  return { name, epoch, version, release, arch };
}
