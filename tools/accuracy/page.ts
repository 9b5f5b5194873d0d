import { type ListFindings, ownMatcher } from './list-findings.ts';
import type { FindingAccuracy, JudgedFinding } from './measure.ts';
import { measuredScanners, type PackageAccuracy } from './packages.ts';

const title = `# Accuracy

\`npm run accuracy\` measures how right Clair is, and writes this page. It needs the test corpus beside the checkout. A test fails if a figure
gets worse.

## Findings

Anchore publishes findings that people judged, each as right or wrong
([vulnerability-match-labels](https://github.com/anchore/vulnerability-match-labels), CC0-1.0). The images are not in the corpus. So Clair
scans an SBOM of the labelled packages, with the advisories of the corpus.

- Precision is the part of Clair's findings that people judged as right. Recall is the part of the right findings that Clair has.
- A label counts if an advisory of that distribution or ecosystem names its vulnerability and package. Labels have no source packages.
- Most labels are about findings of Grype. Right findings that no scanner had are not among them.
- Labels have no ecosystem, no owner and no functions. An SBOM has none either, so some wrong findings would not be reported for the image.

`;

const packagesText = `
## Packages

The [images of language packages](languages.md) of the corpus were built with package managers, which state what they installed. The table
has the recorded lists of Syft 1.51, Trivy 0.74 and osv-scanner 2.5 on the same images. Grype lists what Syft lists.

A cell has the found packages, and after \`+\` the listed ones that are not in the image. Packages in caches, and those that the distribution
owns, do not count.

`;

const listFindingsText = `
## Findings of these images

A scanner cannot report a vulnerability of a package that it does not list. This table has the findings to which each list leads, with the
same advisories. The right findings are those that Clair finds for the packages that are in the images. So it says nothing about errors of
the advisories or of Clair's order of versions. The list of Syft is also that of Grype. Trivy had no Java database.

The recordings have one list of findings: what osv-scanner itself found for the packages of these images, without \`mixed-debian\`.

`;

const failuresText = `
## Failures

All findings of the first table that differ from their label. A reason is stated where it is known.

`;

/** Returns the rows of the table of findings, without its head. */
export function findingRows(findings: readonly FindingAccuracy[]): string[] {
  return findings.map(({ namespace, hits, missed, wrong, avoided }) => {
    const right = hits + missed.length;
    const cells = [
      ...[right, hits, missed.length, wrong.length, avoided],
      ...[rate(hits, hits + wrong.length), rate(hits, right)],
    ];
    return `| ${namespace} | ${cells.join(' | ')} |`;
  });
}

/** Returns the rows of the table of packages, without its head. */
export function packageRows(packages: readonly PackageAccuracy[]): string[] {
  return Array.from(
    Map.groupBy(packages, ({ type }) => type),
    ([type, group]) => {
      const [first] = group;
      const total = (first?.hits ?? 0) + (first?.missed.length ?? 0);
      const cells = measuredScanners.map((scanner) => {
        const { hits = 0, wrong = [] } = group.find((one) => one.scanner === scanner) ?? {};
        return `${hits} +${wrong.length}`;
      });
      return `| ${type} | ${total} | ${cells.join(' | ')} |`;
    },
  );
}

/** Returns the rows of the table of findings by lists, without its head. */
export function listFindingRows(findings: readonly ListFindings[]): string[] {
  return findings.map(({ scanner, hits, missed, wrong }) => {
    const right = hits + missed.length;
    const cells = [
      ...[right, hits, missed.length, wrong.length],
      ...[rate(hits, hits + wrong.length), rate(hits, right)],
    ];
    return `| ${scanner} | ${cells.join(' | ')} |`;
  });
}

/** All measured figures. */
export interface MeasuredAccuracy {
  readonly findings: readonly FindingAccuracy[];
  readonly packages: readonly PackageAccuracy[];
  readonly listFindings: readonly ListFindings[];
}

/** Returns the page about accuracy. */
export function accuracyPage({ findings, packages, listFindings }: MeasuredAccuracy): string {
  return [
    title,
    '| distribution or ecosystem | right findings | found | missed | wrong | wrong, not reported | precision | recall |\n',
    '|---|---:|---:|---:|---:|---:|---:|---:|\n',
    ...lines(findingRows(findings)),
    packagesText,
    `| ecosystem | packages | ${measuredScanners.join(' | ')} |\n|---|---:|${'---:|'.repeat(measuredScanners.length)}\n`,
    ...lines(packageRows(packages)),
    '\n',
    ...lines(packages.filter(({ scanner }) => scanner === 'Clair').flatMap(packageFailures)),
    listFindingsText,
    '| list | right findings | found | missed | wrong | precision | recall |\n|---|---:|---:|---:|---:|---:|---:|\n',
    ...lines(listFindingRows(listFindings)),
    '\n',
    ...lines(listFindings.flatMap(listFindingFailures)),
    failuresText,
    '| | package | kind | vulnerabilities | reason |\n|---|---|---|---|---|\n',
    ...lines(findings.flatMap(findingFailures)),
  ].join('');
}

function lines(rows: readonly string[]): string[] {
  return rows.map((row) => `${row}\n`);
}

function rate(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function packageFailures({ missed, wrong }: PackageAccuracy): string[] {
  return [
    ...missed.map((text) => `- Clair misses ${text}.`),
    ...wrong.map((text) => `- Clair lists ${text}, which is not there.`),
  ];
}

/** Failures of Clair: what its lists miss or have wrongly, and what only the other scanner found. */
function listFindingFailures({ scanner, missed, wrong }: ListFindings): string[] {
  if (scanner === ownMatcher) return wrong.map((text) => `- Only osv-scanner finds ${text}.`);
  if (scanner !== measuredScanners[0]) return [];
  return [
    ...missed.map((text) => `- Clair misses ${text}.`),
    ...wrong.map((text) => `- Clair finds ${text}, which is not there.`),
  ];
}

function findingFailures({ namespace, missed, wrong }: FindingAccuracy): string[] {
  const rowsOf = (kind: string, all: readonly JudgedFinding[]): string[] =>
    Array.from(
      Map.groupBy(all, (one) => JSON.stringify([one.package, one.reason])),
      ([, group]) => {
        const [first] = group;
        const ids = [...new Set(group.map(({ id }) => id))].sort().join(', ');
        return `| ${namespace} | \`${first?.package ?? ''}\` | ${kind} | ${ids} | ${first?.reason ?? ''} |`;
      },
    ).sort();
  return [...rowsOf('missed', missed), ...rowsOf('wrong', wrong)];
}
