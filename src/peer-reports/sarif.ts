import * as z from 'zod/mini';
import { cvesIn } from '../model/cve.ts';
import type { PeerFinding, PeerReport } from '../model/peer-report.ts';
import { type Severity, severityOfScore } from '../model/severity.ts';
import {
  checkPeerEntries,
  corruptPeerReport,
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
  versionsIn,
} from './peer-document.ts';

const title = 'SARIF';

const message = z.object({ text: z.string() });

const result = z.object({
  ruleId: presentText,
  message,
  locations: maybeListOf(
    z.object({
      physicalLocation: z.nullish(z.object({ artifactLocation: z.nullish(z.object({ uri: maybeText })) })),
      logicalLocations: maybeListOf(z.object({ fullyQualifiedName: maybeText })),
    }),
  ),
  suppressions: maybeListOf(z.object({ kind: maybeText, justification: maybeText })),
});

const rule = z.object({
  id: z.string(),
  shortDescription: z.nullish(message),
  properties: z.nullish(z.looseObject({ 'security-severity': z.optional(z.unknown()) })),
});

const schema = z.object({
  runs: z.array(
    z.object({
      tool: z.object({
        driver: z.object({ name: z.string(), version: maybeText, rules: maybeListOf(rule) }),
      }),
      results: maybeListOf(result),
    }),
  ),
});

type Result = z.output<typeof result>;
type Rule = z.output<typeof rule>;

/** The version of the standard that this reader knows. */
const sarifVersion = '2.1.0';

/** Reads SARIF of scanners whose results name a package and its version. */
export const sarifReader: PeerReportReader = {
  title,
  recognizes: (head) => 'runs' in head && 'version' in head,
  read(document, place) {
    const { version } = document as { readonly version?: unknown };
    if (version !== sarifVersion)
      throw unsupportedPeerReport(
        place,
        `SARIF of version ${quotedValue(version)} is not known, only ${sarifVersion}`,
      );
    const { runs } = parsePeerDocument(schema, document, { title, place });
    const findings = runs.flatMap((run) => findingsIn(run, place));
    checkPeerEntries(place, findings.length);
    const tools = runs.map(({ tool: { driver } }) => `${driver.name} ${driver.version ?? ''}`.trimEnd());
    return { format: 'sarif', tool: [...new Set(tools)].join(', '), findings } satisfies PeerReport;
  },
};

function findingsIn(
  { tool: { driver }, results }: z.output<typeof schema>['runs'][number],
  place: string,
): PeerFinding[] {
  const dialect = dialects.find(({ driverName }) => driverName.test(driver.name));
  if (dialect === undefined)
    throw unsupportedPeerReport(
      place,
      `SARIF of ${quotedValue(driver.name)} names no packages in a known form; use the own JSON of that scanner`,
    );
  const rules = new Map((driver.rules ?? []).map((one) => [one.id, one]));
  return (results ?? []).flatMap((one, index) => {
    if (dialect.skips?.has(one.ruleId)) return [];
    const found = dialect.read(one, rules.get(one.ruleId));
    if (found === undefined)
      throw corruptPeerReport(
        place,
        `has a result without package and version: number ${index} of ${quotedValue(driver.name)}`,
      );
    return [findingFrom(found, one, rules.get(one.ruleId))];
  });
}

/** The statements of a result on a finding. */
interface Stated {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly name: string;
  readonly version: string;
  readonly purl?: string | null | undefined;
  readonly severity?: string | undefined;
  readonly fixedVersions?: readonly string[];
}

/** How one scanner writes findings into results. */
interface Dialect {
  readonly driverName: RegExp;
  /** Rules that are about no vulnerability. */
  readonly skips?: ReadonlySet<string>;
  /** Returns undefined for a result in another form. */
  read(result: Result, rule: Rule | undefined): Stated | undefined;
}

const dialects: readonly Dialect[] = [
  { driverName: /^Trivy$/, read: readTrivy },
  { driverName: /^(?:Anchore )?Grype/i, read: readGrype },
  { driverName: /^osv-scanner$/i, read: readOsvScanner },
  { driverName: /^Snyk/, read: readSnyk },
  { driverName: /^clair(?:-ts)?$/i, skips: new Set(['not-assessed']), read: readClair },
];

/** `Package: libssl1.1`, `Installed Version: 1.1.1c-r0`, `Severity: MEDIUM` and `Fixed Version: 1.1.1d-r0`, each on a line. */
function readTrivy({ ruleId, message: { text } }: Result): Stated | undefined {
  const fields = new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 2).trim()];
    }),
  );
  const [name, version] = [fields.get('Package'), fields.get('Installed Version')];
  if (!name || !version) return undefined;
  return {
    id: ruleId,
    name,
    version,
    severity: fields.get('Severity'),
    fixedVersions: versionsIn(fields.get('Fixed Version')),
  };
}

/** `A high vulnerability in deb package: openssl, version 3.0.1 was found at: /x`, or an older sentence. */
function readGrype({ ruleId, message: { text } }: Result): Stated | undefined {
  const found =
    /^A (?<severity>\w+) vulnerability in [^:]+ package: (?<name>[^,]+), version (?<version>\S+) was found/.exec(
      text,
    ) ?? / reports (?<name>\S+) at version (?<version>\S+) +which /.exec(text);
  const { name, version, severity } = found?.groups ?? {};
  if (name === undefined || version === undefined) return undefined;
  const end = `-${name}`;
  return { id: ruleId.endsWith(end) ? ruleId.slice(0, -end.length) : ruleId, name, version, severity };
}

/** `Package 'lodash@4.17.20' is vulnerable to 'CVE-2021-23337' (also known as 'GHSA-35jh-r3h4-6jhm').` */
function readOsvScanner({ ruleId, message: { text } }: Result): Stated | undefined {
  const quoted = text.split("'").filter((_, i) => i % 2 === 1);
  const [item = '', ...ids] = quoted;
  const named = text.startsWith("Package '") ? nameAndVersion(item) : undefined;
  return named && { id: ruleId, aliases: ids, ...named };
}

/** Returns the parts of `openssl/libssl3@3.0.2`. Undefined if it lacks one. */
function nameAndVersion(item: string): Pick<Stated, 'name' | 'version'> | undefined {
  const at = item.lastIndexOf('@');
  if (at <= 0 || at === item.length - 1) return undefined;
  return { name: item.slice(0, at), version: item.slice(at + 1) };
}

/** The package is a logical location, `openssl/libssl3@3.0.2`, and the rule names the CVE. */
function readSnyk({ ruleId, locations }: Result, own: Rule | undefined): Stated | undefined {
  const [item = ''] = (locations ?? []).flatMap(({ logicalLocations: names }) =>
    (names ?? []).flatMap(({ fullyQualifiedName }) => fullyQualifiedName ?? []),
  );
  const named = nameAndVersion(item);
  if (named === undefined) return undefined;
  const { name, version } = named;
  const aliases = cvesIn(own?.shortDescription?.text ?? '');
  const isOfDistribution = /^SNYK-[A-Z]+\d+-|^SNYK-(?:WOLFI|CHAINGUARD)/.test(ruleId);
  return {
    id: ruleId,
    aliases,
    version,
    name: isOfDistribution ? name.slice(name.lastIndexOf('/') + 1) : name,
  };
}

/** `libwebp7 1.2.4-0.2: CVE-2023-4863 (Critical), fixed in 1.2.4-0.2+deb12u1`, with the purl as logical location. */
function readClair({ ruleId, message: { text }, locations }: Result): Stated | undefined {
  const [name = '', version = ''] = text.split(' ');
  const purl = locations?.[0]?.logicalLocations?.[0]?.fullyQualifiedName;
  return version.endsWith(':') ? { id: ruleId, name, version: version.slice(0, -1), purl } : undefined;
}

function findingFrom(found: Stated, { locations, suppressions }: Result, own: Rule | undefined): PeerFinding {
  const [suppression] = suppressions ?? [];
  const { id, name, version, purl, aliases = [], fixedVersions = [] } = found;
  const paths = (locations ?? []).map(({ physicalLocation }) => physicalLocation?.artifactLocation?.uri);
  return {
    id,
    ...splitVulnerabilityNames(aliases.filter((alias) => alias !== id)),
    package: peerPackageOf(purl, { type: '', name, version, paths }),
    severity: severityOf(found, own),
    fixedVersions,
    ...(suppression !== undefined && {
      suppressed: suppression.justification || 'a suppression in the report',
    }),
  };
}

function severityOf({ severity }: Stated, own: Rule | undefined): Severity {
  if (severity !== undefined) return severityOfWord(severity);
  const score = own?.properties?.['security-severity'];
  return severityOfScore(score === undefined || score === '' ? Number.NaN : Number(score));
}
