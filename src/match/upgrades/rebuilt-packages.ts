import { isDistributionType } from '../../model/namespace.ts';
import type { Match, Report } from '../../model/report.ts';

/** Instructions that install packages of a distribution. Only their names count, wherever they stand. */
const installers =
  /\b(?:apt-get|apt|aptitude|apk|dnf|microdnf|tdnf|yum|zypper|pacman)\b[^\n]{0,200}?(?:\binstall\b|\badd\b|\bupgrade\b|\bupdate\b|\s-S)/;

/** The history of an instruction is searched up to this many characters. */
const instructionCharactersMax = 4096;

/**
 * Returns a function that checks whether a rebuild without cache installs the fixed version of a finding: an instruction above the lowest
 * layer has installed the package, and the fix became available after the image was made. What is unknown counts as no.
 */
export function rebuildTest({
  target: { created },
  layers,
}: Pick<Report, 'target' | 'layers'>): (match: Match) => boolean {
  const made = created === undefined ? Number.NaN : Date.parse(created);
  const installing = new Set(
    layers
      .slice(1)
      .flatMap(({ diffId, createdBy }) =>
        diffId !== null && createdBy !== null && installers.test(createdBy.slice(0, instructionCharactersMax))
          ? [diffId]
          : [],
      ),
  );
  // The lowest layer is always of the base image, also if a later one has the same content.
  const lowest = layers[0]?.diffId ?? null;
  if (lowest !== null) installing.delete(lowest);
  return ({ package: { type, location }, fix }) =>
    isDistributionType(type) &&
    fix.state === 'fixed' &&
    fix.availableSince !== undefined &&
    Date.parse(fix.availableSince) > made &&
    location.layer !== null &&
    installing.has(location.layer);
}
