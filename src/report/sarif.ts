import { sha256Of } from '../kit/sha256.ts';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import { cvssSeverity } from '../model/cvss.ts';
import type { Match, Report, ReportVulnerability, SuppressedMatch } from '../model/report.ts';
import { compareSeverity, type Severity } from '../model/severity.ts';
import type { CvssVector } from '../model/vulnerability.ts';
import type { ReportFormat } from '../plugin/report-format.ts';
import { allFindings, worstFirst } from './finding.ts';
import { jsonChunks } from './json-chunks.ts';
import { descriptionOf, doubtsOf, fixText, isInDoubt, tool, verdictText } from './report-text.ts';
import { titleWithDigest } from './title.ts';
import { referenceUrls } from './web-links.ts';

/** Findings as static analysis results, SARIF 2.1.0 (OASIS), in the subset that GitHub's code scanning shows. */
export const sarifFormat: ReportFormat = {
  name: 'sarif',
  mediaType: 'application/sarif+json',
  write(report: Report): Iterable<string> {
    return jsonChunks(sarifLog(report));
  },
};

type Level = 'error' | 'warning' | 'note';

/** SARIF levels. Unknown is a warning: an unrated vulnerability is not harmless. */
const levels: Readonly<Record<Severity, Level>> = {
  Defcon1: 'error',
  Critical: 'error',
  High: 'error',
  Medium: 'warning',
  Low: 'note',
  Negligible: 'note',
  Unknown: 'warning',
};

/** Lowest `security-severity` that GitHub shows as each severity. Unknown has none. */
const scores: Readonly<Record<Severity, number | undefined>> = {
  Defcon1: 10,
  Critical: 9.1,
  High: 7,
  Medium: 4,
  Low: 1,
  Negligible: 0.1,
  Unknown: undefined,
};

/** The rule of the result for an incomplete assessment. Without it, an empty list would look like a clean image. */
const doubtRule = {
  id: 'not-assessed',
  name: 'NotAssessed',
  shortDescription: { text: 'The image could not be assessed in full.' },
  fullDescription: {
    text: 'Data was unknown, unreadable or missing. The unexamined parts of the image may be vulnerable.',
  },
  defaultConfiguration: { level: 'warning' },
};

interface Rule {
  readonly index: number;
  readonly vulnerability: ReportVulnerability;
  readonly severity: Severity;
}

function sarifLog(report: Report): object {
  const rules = rulesOf(report);
  const doubts = doubtsOf(report);
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            ...tool,
            rules: [...[...rules.values()].map(ruleObject), ...(isInDoubt(report) ? [doubtRule] : [])],
          },
        },
        // Code scanning replaces the results of a category by the next upload of that category: one category per image.
        automationDetails: {
          id: `${tool.name}/${escapeForTerminal(report.target.reference)}/`,
          description: { text: unlinked(escapeForTerminal(titleWithDigest(report.target))) },
        },
        invocations: [
          {
            executionSuccessful: report.verdict !== 'not-assessed',
            toolExecutionNotifications: doubts.map((doubt) => ({
              level: report.verdict === 'not-assessed' ? 'error' : 'warning',
              message: { text: unlinked(doubt) },
            })),
          },
        ],
        originalUriBaseIds: {
          ROOTFS: { description: { text: 'The root of the file system of the image.' } },
        },
        results: resultsOf(report, rules),
        properties: {
          verdict: report.verdict,
          target: report.target,
          distro: report.distro ?? undefined,
          coverage: report.coverage,
          statuses: report.statuses.filter(({ status }) => status !== 'succeeded'),
        },
      },
    ],
  };
}

/** Returns one rule per vulnerability, with the severity of its worst finding. */
function rulesOf(report: Report): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const { vulnerability } of worstFirst(allFindings(report))) {
    const known = rules.get(vulnerability.id);
    if (known === undefined || compareSeverity(vulnerability.severity, known.severity) > 0) {
      rules.set(vulnerability.id, {
        index: known?.index ?? rules.size,
        vulnerability,
        severity: vulnerability.severity,
      });
    }
  }
  return rules;
}

function ruleObject({ vulnerability, severity }: Rule): object {
  const { id, kev, epss } = vulnerability;
  const text = unlinked(descriptionOf(vulnerability));
  const pages = referenceUrls(vulnerability);
  return {
    id: escapeForTerminal(id),
    name: 'VulnerablePackage',
    shortDescription: { text: `${escapeForTerminal(id)}: ${severity}` },
    fullDescription: { text },
    help: { text: [text, ...pages].join('\n') },
    helpUri: pages[0],
    defaultConfiguration: { level: levelOf(vulnerability, severity) },
    properties: {
      tags: ['security', 'vulnerability', ...(kev === true ? ['known-exploited'] : [])],
      severity,
      severitySource: vulnerability.severitySource ?? undefined,
      'security-severity': scoreOf(vulnerability, severity),
      cvss: vulnerability.cvss,
      kev: kev ?? undefined,
      epss: epss ?? undefined,
    },
  };
}

/** Returns the level of a finding. An exploited one is an error, whatever its severity. */
function levelOf({ kev }: Pick<ReportVulnerability, 'kev'>, severity: Severity): Level {
  return kev === true ? 'error' : levels[severity];
}

/**
 * Returns the `security-severity` that GitHub maps to the severity of the report: the first CVSS score that agrees with it, or else the
 * lowest agreeing number. Without a severity it returns the first score.
 */
function scoreOf({ cvss }: ReportVulnerability, severity: Severity): string | undefined {
  const isUsable = (vector: CvssVector): boolean =>
    severity === 'Unknown' || cvssSeverity(vector) === severity;
  const agreeing = cvss.find((vector) => vector.score !== undefined && isUsable(vector))?.score;
  return (agreeing ?? scores[severity])?.toFixed(1);
}

function* resultsOf(report: Report, rules: ReadonlyMap<string, Rule>): Iterable<object> {
  if (isInDoubt(report)) yield doubtResult(report, rules.size);
  for (const match of worstFirst(report.matches)) yield resultOf(match, rules);
  for (const match of worstFirst(report.suppressed)) {
    yield { ...resultOf(match, rules), suppressions: [suppressionOf(match)] };
  }
}

function suppressionOf({ reason }: SuppressedMatch): object {
  return { kind: 'external', status: 'accepted', justification: reason };
}

function doubtResult(report: Report, ruleIndex: number): object {
  return {
    ruleId: doubtRule.id,
    ruleIndex,
    level: report.verdict === 'not-assessed' ? 'error' : 'warning',
    message: { text: unlinked([verdictText(report), ...doubtsOf(report)].join('\n')) },
    locations: [{ physicalLocation: physicalLocation('etc/os-release') }],
    partialFingerprints: { primaryLocationLineHash: fingerprint(doubtRule.id) },
  };
}

function resultOf(match: Match, rules: ReadonlyMap<string, Rule>): object {
  const { vulnerability, package: found, fix } = match;
  const { type, name, version, purl, location } = found;
  const text = `${escapeForTerminal(name)} ${escapeForTerminal(version)}: ${escapeForTerminal(vulnerability.id)} (${vulnerability.severity}), ${fixText(match)}`;
  return {
    ruleId: escapeForTerminal(vulnerability.id),
    ruleIndex: rules.get(vulnerability.id)?.index,
    level: levelOf(vulnerability, vulnerability.severity),
    message: { text: unlinked(text) },
    locations: [
      {
        physicalLocation: physicalLocation(location.path),
        logicalLocations: [{ name: escapeForTerminal(name), fullyQualifiedName: purl, kind: 'package' }],
      },
    ],
    // The version is excluded, so that an update without a fix keeps the same alert.
    partialFingerprints: {
      primaryLocationLineHash: fingerprint(vulnerability.id, type, name, location.path),
    },
    properties: {
      purl,
      installedVersion: version,
      fixState: fix.state,
      fixedVersion: fix.state === 'fixed' ? fix.version : undefined,
      layer: location.layer ?? undefined,
      advisories: match.vulnerability.advisories,
      evidence: match.evidence,
    },
  };
}

/** Returns the location of a file in the image. GitHub shows no result without a line, so it is line 1. */
function physicalLocation(path: string): object {
  const uri = path.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return { artifactLocation: { uri, uriBaseId: 'ROOTFS' }, region: { startLine: 1 } };
}

function fingerprint(...parts: readonly string[]): string {
  return sha256Of(JSON.stringify(parts)).slice(0, 32);
}

/** Breaks links of the form `[text](target)` in a message (§3.11.6), because the text is untrusted. */
function unlinked(text: string): string {
  return text.replaceAll('](', '] (');
}
