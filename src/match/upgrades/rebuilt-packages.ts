import { isDistributionType } from '../../model/namespace.ts';
import type { Match, Report } from '../../model/report.ts';

/** Instructions that install packages of a distribution. Only their names count, wherever they stand. */
const installers =
  /\b(?:apt-get|apt|aptitude|apk|dnf|microdnf|tdnf|yum|zypper|pacman)\b[^\n]{0,200}?(?:\binstall\b|\badd\b|\bupgrade\b|\bupdate\b|\s-S)/;

/** The history of an instruction is searched up to this many characters. */
const instructionCharactersMax = 4096;

/**
 * Returns a function that checks whether a rebuild without cache installs the fixed version of a finding: an instruction above the base
 * image has installed the package, and the fix became available after the image was made. What is unknown counts as no.
 */
export function rebuildTest({
  target: { created },
  layers,
  base,
}: Pick<Report, 'target' | 'layers' | 'base'>): (match: Match) => boolean {
  const made = created === undefined ? Number.NaN : Date.parse(created);
  // The lowest layer is always of the base image.
  const baseLayers = base?.layers ?? 1;
  const installing = new Set(
    layers
      .slice(baseLayers)
      .flatMap(({ diffId, createdBy }) =>
        diffId !== null && createdBy !== null && installers.test(createdBy.slice(0, instructionCharactersMax))
          ? [diffId]
          : [],
      ),
  );
  // A layer above may have the same content.
  for (const { diffId } of layers.slice(0, baseLayers)) if (diffId !== null) installing.delete(diffId);
  return ({ package: { type, location }, fix }) =>
    isDistributionType(type) &&
    fix.state === 'fixed' &&
    fix.availableSince !== undefined &&
    Date.parse(fix.availableSince) > made &&
    location.layer !== null &&
    installing.has(location.layer);
}
