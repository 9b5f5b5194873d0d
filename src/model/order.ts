import { isMalware } from './malware.ts';
import type { Package } from './package.ts';
import type { Match } from './report.ts';

/** Compares texts by UTF-16 code unit, independent of the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The canonical order of packages: type, name, version, architecture, location. */
export function comparePackages(a: Package, b: Package): number {
  return (
    compareText(a.type, b.type) ||
    compareText(a.name, b.name) ||
    compareText(a.version, b.version) ||
    compareText(a.arch ?? '', b.arch ?? '') ||
    compareText(a.location.path, b.location.path)
  );
}

/** The canonical order of findings: those of malicious packages, then by package, location and vulnerability. */
export function compareMatches(a: Match, b: Match): number {
  return (
    Number(isMalware(b)) - Number(isMalware(a)) ||
    compareText(a.package.type, b.package.type) ||
    compareText(a.package.name, b.package.name) ||
    compareText(a.package.purl, b.package.purl) ||
    compareText(a.package.location.path, b.package.location.path) ||
    compareText(a.vulnerability.id, b.vulnerability.id)
  );
}
