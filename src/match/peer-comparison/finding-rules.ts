import { cveNumberOf } from '../../model/cve.ts';
import { isDistributionType, languageSchemeOf, schemesOfTypes } from '../../model/namespace.ts';
import { packageName } from '../../model/package-name.ts';
import type { PeerPackage, PeerReport } from '../../model/peer-report.ts';
import { compareSeverity } from '../../model/severity.ts';
import { supplierOf } from '../../model/supplier.ts';
import type { ComparedEntry, OwnPackage, OwnReport } from './compared-findings.ts';
import {
  type AdvisoryAnswer,
  clairRule,
  type FindingContext,
  type FindingRule,
  peerRule,
  sourceFindingKey,
} from './finding-rule.ts';
import type { PackageIndex } from './package-index.ts';
import { type ListingScanner, packageRules } from './package-rules.ts';

/** Rules for findings that only the other scanner counts. */
const onlyPeer: readonly FindingRule[] = [
  peerRule('suppressed', 'Clair has the finding and does not count it.', (entry, { own }) => {
    return own.suppressed.find(entry)?.suppressed;
  }),
  peerRule('withdrawn', 'The author has withdrawn the advisory.', ({ isWithdrawn }) => isWithdrawn),
  peerRule(
    'owned-by-distribution',
    'A package of the distribution owns the files, so the advisories of the distribution decide.',
    ({ package: item }, { own }) => {
      const found = own.packages.find(item);
      return found?.evidence !== undefined && found.owner;
    },
  ),
  peerRule(
    'not-from-registry',
    'The source of the package is not from the registry, so the advisories of the registry do not cover it.',
    (entry, { own }) => detailOf(entry, own)?.origin,
  ),
  peerRule(
    'supplier',
    'A supplier has patched the package, and the advisories of the supplier decide.',
    ({ package: item }) => supplierOf(item)?.title,
  ),
  peerRule(
    'cpe-match',
    'The other scanner compared a CPE, which names a product and not this package.',
    ({ isCpeMatch }) => isCpeMatch,
  ),
  peerRule(
    'not-assessed',
    'Clair has no advisories for the distribution or ecosystem, and its report says so.',
    ({ package: { type } }, { own }) => {
      const lacking = coverageOf(type, own.report).find(
        ({ status }) => status === 'missing' || status === 'unsupported',
      );
      return lacking && `${lacking.namespace}: ${lacking.status}`;
    },
  ),
  peerRule('other-version', 'Clair lists another version of the package.', ({ package: item }, { own }) =>
    own.packages.find(item) === undefined ? versionsIn(own.packages.otherVersionsOf(item)) : undefined,
  ),
  peerRule(
    'name-normalisation',
    'The reports spell the name of the package differently.',
    ({ package: item }, { own }) =>
      own.packages.find(item) === undefined ? own.packages.similarTo(item)[0]?.name : undefined,
  ),
  ...packageRules
    .filter(({ id }) => id.startsWith('peer/'))
    .map(
      (rule): FindingRule => ({
        id: rule.id,
        sentence: `Clair does not list the package. ${rule.reason}`,
        explain: ({ reportedBy, entry: { package: item } }, { own, peer }) =>
          reportedBy === 'peer' &&
          own.packages.find(item) === undefined &&
          rule.applies(
            { peer: listerOf(peer.report), listedBy: 'peer', package: item },
            { others: own.packages.relatedTo(item), unread: own.unread },
          )
            ? ''
            : undefined,
      }),
    ),
  peerRule(
    'alias',
    'Clair reports it under another name, and an advisory says that both are the same.',
    ({ packageKeys }, { own }, answer) =>
      answer && own.counted.find({ packageKeys, names: answer.names })?.id,
  ),
  peerRule(
    'older-report',
    'The report of Clair is older than its database, by which the package is affected.',
    (_, __, answer) => says(answer, 'applies'),
  ),
  peerRule(
    'version-order',
    'By the advisory that Clair uses, the installed version is not affected.',
    (_, __, answer) => says(answer, 'version'),
  ),
  peerRule('status', 'The vendor states that the package is not affected.', (_, __, answer) =>
    says(answer, 'state'),
  ),
  peerRule(
    'other-build',
    'The advisory is about another architecture, module stream or product.',
    (_, __, answer) => says(answer, 'build'),
  ),
  peerRule('other-source', 'Clair uses a better source for these packages.', (_, __, answer) =>
    says(answer, 'source'),
  ),
  peerRule('undecided', 'The versions cannot be compared. Clair says so in its report.', (_, __, answer) =>
    says(answer, 'undecided'),
  ),
  peerRule(
    'other-distribution',
    'The advisory is about this package in another distribution or ecosystem.',
    (_, __, answer) => says(answer, 'namespace'),
  ),
  peerRule(
    'other-package',
    'The advisory is about other packages.',
    (_, __, answer) => says(answer, 'package') ?? says(answer, 'no-row'),
  ),
  ...[
    peerRule(
      'fixed-by-own-report',
      'The installed version is not below the fixed version that the other report states.',
      ({ package: { type, version }, fixedVersions }, { schemes }) => {
        const scheme = schemes.find(({ name }) => name === schemesOfTypes.get(type));
        return fixedVersions.length === 1
          ? fixedVersions.find((fixed) => (scheme?.compare(version, fixed) ?? -1) >= 0)
          : undefined;
      },
    ),
    peerRule(
      'newer-data',
      'The vulnerability was published after the advisories that Clair used.',
      (entry, { own }) => {
        const [coverage] = coverageOf(entry.package.type, own.report);
        const date = coverage?.contentDate;
        return date != null && isAfter(entry, date) ? date : undefined;
      },
    ),
  ].map((rule): FindingRule => ({ ...rule, isFallback: true })),
  peerRule('no-advisory', 'No advisory that Clair has loaded has this name.', (_, __, answer) =>
    says(answer, 'no-record'),
  ),
];

/** Rules for findings that only Clair counts. */
const onlyClair: readonly FindingRule[] = [
  clairRule('suppressed', 'The other report has the finding and does not count it.', (entry, { peer }) => {
    return peer.suppressed.find(entry)?.suppressed;
  }),
  clairRule(
    'alias',
    'The other report has it under another name, and an advisory says that both are the same.',
    ({ packageKeys }, { peer }, answer) =>
      answer && peer.counted.find({ packageKeys, names: answer.names })?.id,
  ),
  clairRule(
    'distribution-unsupported',
    'The other report has no packages of a distribution, although it lists packages.',
    ({ package: { type } }, { peer }) =>
      isDistributionType(type) && peer.report.packages !== undefined && !peer.packages.hasDistribution,
  ),
  clairRule(
    'other-version',
    'The other report has another version of the package.',
    ({ package: item, packageKeys }, { peer }) =>
      isListed(packageKeys, peer.packages, item)
        ? undefined
        : versionsIn(peer.packages.otherVersionsOf(item)),
  ),
  clairRule(
    'name-normalisation',
    'The reports spell the name of the package differently.',
    ({ package: item }, { peer }) =>
      peer.packages.find(item) === undefined ? peer.packages.similarTo(item)[0]?.name : undefined,
  ),
  ...packageRules
    .filter(({ id }) => id.startsWith('clair/'))
    .map(
      (rule): FindingRule => ({
        id: rule.id,
        sentence: `The other scanner does not list the package. ${rule.reason}`,
        explain: ({ reportedBy, entry: { package: item, packageKeys } }, { own, peer }) =>
          reportedBy === 'clair' &&
          !isListed(packageKeys, peer.packages, item) &&
          peer.report.packages !== undefined &&
          rule.applies(
            { peer: listerOf(peer.report), listedBy: 'clair', package: item },
            { others: peer.packages.relatedTo(item), unread: own.unread },
          )
            ? ''
            : undefined,
      }),
    ),
  clairRule(
    'not-listed',
    'The other scanner lists its packages, and not this one.',
    ({ package: item, packageKeys }, { peer }) =>
      peer.report.packages !== undefined && !isListed(packageKeys, peer.packages, item),
  ),
  clairRule(
    'name-lookup',
    'The other scanner looks the package up under another spelling of its name than advisories have.',
    ({ package: item }, { peer }) => isLookedUpOtherwise(item, listerOf(peer.report)),
  ),
  clairRule(
    'type-not-listed',
    'The other report names no package of this type.',
    ({ package: { type } }, { peer }) => !peer.packages.hasType('') && !peer.packages.hasType(type),
  ),
  clairRule(
    'only-fixed',
    'There is no fix, and the other report has only findings with a fix.',
    ({ fixedVersions }, { peer }) => peer.hasOnlyFixed && fixedVersions.length === 0,
  ),
  clairRule(
    'severity-filter',
    'The other report has only findings of higher severity.',
    ({ severity }, { peer: { lowestSeverity } }) =>
      compareSeverity(lowestSeverity, 'Medium') >= 0 &&
      compareSeverity(severity, lowestSeverity) < 0 &&
      lowestSeverity,
  ),
  clairRule(
    'other-binary',
    'The other report has it for another package that was built from the same source package.',
    (entry, { peer: { agreedSources } }) =>
      [...entry.names.own].some((name) => agreedSources.has(sourceFindingKey(entry, name))),
  ),
  clairRule(
    'kernel-headers',
    'The package has only header files of the kernel, which some scanners leave out.',
    ({ package: { name } }) => /^(?:linux-libc-dev|linux-(?:kbuild|headers)\b.*|kernel-headers)$/.test(name),
  ),
  clairRule(
    'older-data',
    'The vulnerability is newer than the advisories of the other scanner, or its advisory has changed since.',
    (entry, { peer: { report } }, answer) => {
      const { dataDate } = report;
      if (dataDate === undefined) return undefined;
      const isLater =
        isAfter(entry, dataDate) || (answer?.modified !== undefined && answer.modified > dataDate);
      return isLater ? dataDate : undefined;
    },
  ),
];

/** All rules. The first one that explains a difference counts. */
export const findingRules: readonly FindingRule[] = [...onlyPeer, ...onlyClair];

function says(answer: AdvisoryAnswer | undefined, outcome: AdvisoryAnswer['outcome']): string | undefined {
  return answer?.outcome === outcome ? answer.words : undefined;
}

function detailOf(
  { packageKeys }: ComparedEntry,
  { details }: FindingContext['own'],
): OwnPackage | undefined {
  return details.get(packageKeys[0] ?? '');
}

/** Whether a list has the package under its own name or that of its source package. */
function isListed(keys: readonly string[], packages: PackageIndex, item: PeerPackage): boolean {
  return packages.find(item) !== undefined || keys.some((key) => packages.hasKey(key));
}

function versionsIn(packages: readonly PeerPackage[]): string | undefined {
  return packages.length === 0 ? undefined : packages.map(({ version }) => version).join(', ');
}

/** Returns the coverage of the packages of a type: of their ecosystem, or of the distribution. A type without advisories has that of the rest. */
function coverageOf(type: string, { coverage }: OwnReport): OwnReport['coverage'] {
  const hasEcosystem = !isDistributionType(type) && languageSchemeOf(type) !== undefined;
  return coverage.filter(({ namespace, evidence }) => {
    if (evidence !== undefined) return false;
    return hasEcosystem ? namespace === type : languageSchemeOf(namespace) === undefined;
  });
}

/** Whether a vulnerability was published after a date. The year in a CVE is that of its publication or earlier. */
function isAfter({ published, id, aliases }: ComparedEntry, date: string): boolean {
  if (published !== undefined) return Date.parse(published) > Date.parse(date);
  const years = [id, ...aliases].flatMap((name) => cveNumberOf(name)?.year ?? []);
  return years.some((year) => year > new Date(date).getUTCFullYear());
}

/**
 * osv-scanner looks names of PyPI up as written. Trivy replaces only underscores in them, and writes names of npm in lower case. Advisories
 * have the normalised names of PyPI, and the exact ones of npm.
 */
function isLookedUpOtherwise({ type, name }: PeerPackage, scanner: ListingScanner | undefined): boolean {
  if (type === 'npm') return scanner === 'trivy' && name !== name.toLowerCase();
  if (type !== 'pypi') return false;
  if (scanner === 'osv-scanner') return name !== packageName('pypi', name);
  return scanner === 'trivy' && name.toLowerCase().replaceAll('_', '-') !== packageName('pypi', name);
}

/** Returns the scanner whose list of packages a report has. */
function listerOf({ tool }: PeerReport): ListingScanner | undefined {
  const [name = ''] = tool.toLowerCase().split(' ');
  if (name === 'trivy' || name === 'osv-scanner') return name;
  return name === 'grype' || name === 'syft' ? 'syft' : undefined;
}
