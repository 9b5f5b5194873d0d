import { escapeForTerminal, quoteUntrusted } from '../kit/untrusted-text.ts';
import type { PackageType, ReportedPackage } from '../model/package.ts';
import type { Report } from '../model/report.ts';

/** The end of the directory that packages of one type share, in the path of the file that lists one of them. */
const directoryEnds: Readonly<Record<PackageType, RegExp>> = {
  npm: /\/?node_modules\//,
  pypi: /\/(?:site|dist)-packages\//,
  gem: /\/specifications\//,
  composer: /\/composer\/installed\.json$/,
  cran: /\/[^/]+\/DESCRIPTION$/,
  hex: /\/[^/]+\/ebin\/[^/]+$/,
  otp: /\/[^/]+\/ebin\/[^/]+$/,
};

/** Types whose directory includes the part that ends it. */
const inclusiveTypes: readonly PackageType[] = ['npm', 'pypi'];

/** Evidence for which the file itself is the place: a program, a lock file or a document. */
const filesAsPlaces: readonly string[] = ['build-info', 'binary-string', 'claimed-sbom', 'declared'];

/**
 * Returns the title of the group of a package in lists for people: its package manager, and for packages of languages the directory or
 * file that contains it. `npm in /app/node_modules`
 */
export function groupTitle({ type, evidence, location }: ReportedPackage, report: Report): string {
  const manager = escapeForTerminal(type);
  if (evidence === undefined) return `${manager} packages`;
  const place = placeOf(type, evidence, location.path);
  return place === '' && isSourceTree(report) ? manager : `${manager} in ${shownPath(place, report)}`;
}

function placeOf(type: PackageType, evidence: string, path: string): string {
  const [outer = path, ...inner] = path.split('!/', 2);
  if (inner.length > 0 || filesAsPlaces.includes(evidence)) return outer;
  const end = directoryEnds[type]?.exec(path);
  if (!end) return path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return path.slice(0, end.index) + (inclusiveTypes.includes(type) ? end[0].slice(0, -1) : '');
}

/**
 * Returns the locations of packages of languages and of programs, by package URL: `/app/libs/a.jar, layer 2 of 4`. For a program, also
 * returns the text that proves its version.
 */
export function locationTexts(report: Report): ReadonlyMap<string, readonly string[]> {
  const { packages, layers } = report;
  const positions = new Map(layers.map(({ diffId }, index) => [diffId, index + 1]));
  return new Map(
    packages.flatMap(({ purl, evidence, proof, location, locations = [location] }) => {
      if (evidence === undefined) return [];
      const texts = locations.map(({ path, layer }) => {
        const position = layer === null ? undefined : positions.get(layer);
        const origin = position === undefined ? '' : `, layer ${position} of ${layers.length}`;
        return `${shownPath(path, report)}${origin}`;
      });
      return [[purl, proof === undefined ? texts : [...texts, `proven by ${quoteUntrusted(proof)}`]]];
    }),
  );
}

/** Paths in an image are absolute, those in a source tree are relative to it. */
function shownPath(path: string, report: Report): string {
  return (isSourceTree(report) ? '' : '/') + escapeForTerminal(path);
}

/** Returns whether the target is a directory without an operating system: only packages of languages are in it. */
export function isSourceTree({ target, distro, packages }: Report): boolean {
  return (
    target.kind === 'rootfs-dir' &&
    distro === null &&
    packages.every(({ evidence }) => evidence !== undefined)
  );
}
