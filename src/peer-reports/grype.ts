import * as z from 'zod/mini';
import type { PackageType } from '../model/package.ts';
import type { PeerFinding, PeerReport } from '../model/peer-report.ts';
import {
  checkPeerEntries,
  knownTime,
  maybeListOf,
  maybeText,
  type PeerReportReader,
  parsePeerDocument,
  peerPackageOf,
  presentText,
  quotedValue,
  severityOfWord,
  splitVulnerabilityNames,
  unsupportedPeerReport,
} from './peer-document.ts';

const title = 'Grype';

const match = z.object({
  vulnerability: z.object({
    id: presentText,
    severity: maybeText,
    fix: z.nullish(z.object({ versions: maybeListOf(z.string()) })),
    advisories: maybeListOf(z.object({ id: maybeText })),
  }),
  relatedVulnerabilities: maybeListOf(z.object({ id: presentText })),
  matchDetails: maybeListOf(z.object({ type: maybeText })),
  artifact: z.object({
    name: presentText,
    version: z.string(),
    type: z.string(),
    purl: maybeText,
    locations: maybeListOf(z.object({ path: maybeText })),
  }),
  appliedIgnoreRules: maybeListOf(z.looseObject({ reason: maybeText })),
});

/** Where versions of Grype state the date of their database. */
const database = z.nullish(z.object({ built: maybeText, status: z.nullish(z.object({ built: maybeText })) }));

const schema = z.object({
  matches: z.array(match),
  ignoredMatches: maybeListOf(match),
  descriptor: z.object({
    name: z.string(),
    version: maybeText,
    timestamp: maybeText,
    db: database,
  }),
});

type GrypeMatch = z.output<typeof match>;

/** Reads `grype … --output json`. */
export const grypeReader: PeerReportReader = {
  title,
  recognizes: (head) => 'matches' in head && 'descriptor' in head,
  read(document, place) {
    const report = parsePeerDocument(schema, document, { title, place });
    const { name } = report.descriptor;
    if (name !== 'grype')
      throw unsupportedPeerReport(place, `the report is of ${quotedValue(name)} and not of Grype`);
    return reportFrom(report, place);
  },
};

function reportFrom(
  { matches, ignoredMatches, descriptor }: z.output<typeof schema>,
  place: string,
): PeerReport {
  const findings = [
    ...matches.map(findingFrom),
    ...(ignoredMatches ?? []).map((ignored) => ({
      ...findingFrom(ignored),
      suppressed:
        ignored.appliedIgnoreRules?.find(({ reason }) => reason)?.reason ?? 'an ignore rule of Grype',
    })),
  ];
  checkPeerEntries(place, findings.length);
  const { db, timestamp, version } = descriptor;
  const dataDate = knownTime(db?.status?.built) ?? knownTime(db?.built) ?? knownTime(timestamp);
  return {
    format: 'grype',
    tool: `Grype ${version ?? ''}`.trimEnd(),
    ...(dataDate !== undefined && { dataDate }),
    findings,
  };
}

function findingFrom({
  vulnerability,
  relatedVulnerabilities,
  matchDetails,
  artifact,
}: GrypeMatch): PeerFinding {
  const details = matchDetails ?? [];
  const others = [
    ...(relatedVulnerabilities ?? []).map(({ id }) => id),
    ...(vulnerability.advisories ?? []).flatMap(({ id }) => id ?? []),
  ];
  return {
    id: vulnerability.id,
    ...splitVulnerabilityNames(others),
    package: peerPackageOf(artifact.purl, {
      type: types.get(artifact.type) ?? artifact.type,
      name: artifact.name,
      version: artifact.version,
      paths: (artifact.locations ?? []).map(({ path }) => path),
    }),
    severity: severityOfWord(vulnerability.severity),
    fixedVersions: (vulnerability.fix?.versions ?? []).filter((version) => version !== ''),
    ...(details.length > 0 && details.every(({ type }) => type === 'cpe-match') && { isCpeMatch: true }),
  };
}

/** purl types by Syft's types of packages. Others have equal names. */
const types: ReadonlyMap<string, PackageType> = new Map([
  ['python', 'pypi'],
  ['java-archive', 'maven'],
  ['jenkins-plugin', 'maven'],
  ['go-module', 'golang'],
  ['rust-crate', 'cargo'],
  ['dotnet', 'nuget'],
  ['php-composer', 'composer'],
  ['hex', 'hex'],
  ['erlang-otp', 'otp'],
  ['R-package', 'cran'],
  ['dart-pub', 'pub'],
  ['binary', 'generic'],
]);
