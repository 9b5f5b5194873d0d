import { compareText } from '../../model/order.ts';
import type { Package } from '../../model/package.ts';
import type { ImageUpgradePlan, PlannedUpgrade, UpgradedPackage } from '../../model/upgrade.ts';
import { pluralize } from '../report-text.ts';
import { type PatchedPackage, packageManagers } from './package-managers.ts';
import { findingSumText, remainingReasonText } from './plan-lines.ts';

/** Characters of words that may stand in a comment. Other words are left out, because a name may contain anything. */
const plainWord = /^[\w@/+:.,()~^-]{1,128}$/;

/**
 * Renders the upgrades as instructions to append to a Dockerfile: one `RUN` for the packages of the distribution, and comments for the rest.
 * `packages` are those of the image. Names and versions that are not those of a package manager are refused, and counted in a comment.
 */
export function* upgradePlanDockerfile(
  plan: ImageUpgradePlan,
  packages: readonly Package[],
): Iterable<string> {
  yield `# Upgrades: before ${findingSumText(plan.before)}, after ${findingSumText(plan.after)}.\n`;
  const ofDistribution = plan.upgrades.filter(({ kind }) => kind === 'distro-package');
  if (ofDistribution.length > 0) yield* managedInstructions(ofDistribution, packages);
  for (const upgrade of plan.upgrades) if (upgrade.kind !== 'distro-package') yield otherComment(upgrade);
  for (const { reason, sum } of plan.remaining)
    yield `# ${findingSumText(sum)} left: ${remainingReasonText[reason]}.\n`;
  if (plan.doubts.length > 0)
    yield '# Not everything in the image could be judged: --format table says what.\n';
}

function* managedInstructions(
  upgrades: readonly PlannedUpgrade[],
  packages: readonly Package[],
): Iterable<string> {
  const wanted = upgrades.flatMap((upgrade) => upgrade.packages);
  const manager = packageManagers.find(
    ({ type, programs }) =>
      wanted.some((item) => item.type === type) &&
      packages.some((item) => item.type === type && programs.includes(item.name)),
  );
  if (manager === undefined) {
    yield `# ${pluralize(upgrades.length, 'upgrade needs', 'upgrades need')} a newer base image: the image has no package manager that Clair knows.\n`;
    return;
  }
  const isAccepted = ({ type, name, fixedVersion }: UpgradedPackage): boolean =>
    type === manager.type && manager.isName(name) && manager.isVersion(fixedVersion);
  const refused = wanted.filter((item) => !isAccepted(item)).length;
  if (refused > 0)
    yield `# Left out: ${pluralize(refused, 'package')} whose names or versions are not those of ${manager.type} packages.\n`;
  const accepted = patchedPackages(wanted.filter(isAccepted), packages);
  const [first, ...rest] = accepted.length === 0 ? [] : manager.commands(accepted);
  if (first !== undefined) yield `RUN ${first}${rest.map((command) => ` \\\n && ${command}`).join('')}\n`;
}

/** Returns the packages by the names that the manager takes. dpkg needs the architecture if several are installed. */
function patchedPackages(
  wanted: readonly UpgradedPackage[],
  packages: readonly Package[],
): readonly PatchedPackage[] {
  const patched = new Map<string, PatchedPackage>();
  for (const { type, name, fixedVersion } of wanted) {
    const installed = packages.filter((item) => item.type === type && item.name === name);
    const archs = [...new Set(installed.map(({ arch }) => arch))].filter((arch) => arch !== undefined);
    const names = type === 'deb' && archs.length > 1 ? archs.map((arch) => `${name}:${arch}`) : [name];
    for (const each of names) patched.set(each, { name: each, fixedVersion });
  }
  return [...patched.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Returns a comment about an upgrade that no package manager of the distribution makes. */
function otherComment({ text, closes }: PlannedUpgrade): string {
  const words = text.split(' ');
  const isPlain = words.every((word) => plainWord.test(word));
  const what = isPlain ? text : 'An upgrade of a package whose name or version is unusual';
  return `# ${what}: closes ${findingSumText(closes)}.\n`;
}
