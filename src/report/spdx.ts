import { sha256Of } from '../kit/sha256.ts';
import { escapeForTerminal } from '../kit/untrusted-text.ts';
import { type Digest, digestAlgorithm, digestHex } from '../model/digest.ts';
import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import { type PackageHash, packageHashParts } from '../model/package-hash.ts';
import type { Report } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import { distinctPackages, documentUuid, packageReferences, reportTime } from './identity.ts';
import { imagePurl } from './image-purl.ts';
import { jsonChunks } from './json-chunks.ts';
import { orderKeys, reportOrder } from './key-order.ts';
import { trivyProperties } from './peer-properties.ts';
import { doubtsOf, extensionProblemLines, tool, verdictText } from './report-text.ts';
import { declaredLicense, namedLicenses, supplierParts } from './spdx-licenses.ts';
import { securityReferences } from './spdx-security.ts';
import { imageSubjectOf, imageTitleOf, inventoryOf } from './title.ts';

const mediaType = 'application/spdx+json';

/** Inventory of an image with the advisories of its findings, as SPDX 2.3 (annex K, "security"). */
export const spdxFormat: ReportFormat = {
  name: 'spdx',
  mediaType,
  write(report: Report, { time }: Display): Iterable<string> {
    const comments = [verdictText(report), ...doubtsOf(report)];
    return jsonChunks(
      document(report, { kind: 'spdx', time, comments, references: securityReferences(report) }),
    );
  },
};

/** Inventory of an image as SPDX 2.3, without findings. */
export const sbomSpdxFormat: ReportFormat = {
  name: 'spdx',
  mediaType,
  write(report: Report, { time }: Display): Iterable<string> {
    const problems = extensionProblemLines(report).map((problem) => `Not everything was read: ${problem}`);
    return jsonChunks(
      document(inventoryOf(report), { kind: 'spdx sbom', time, comments: problems, references: () => [] }),
    );
  },
};

/** Parts of a document that its inventory does not determine. */
interface DocumentOptions {
  readonly kind: string;
  readonly time: string | undefined;
  /** Sentences for the comment of the document. */
  readonly comments: readonly string[];
  /** Returns the advisory references of a package. */
  readonly references: (found: Package) => readonly object[];
}

const documentId = 'SPDXRef-DOCUMENT';
const imageId = 'SPDXRef-Image';
const systemId = 'SPDXRef-OperatingSystem';

function document(report: Report, { kind, time, comments, references }: DocumentOptions): object {
  const packages = distinctPackages(report.packages);
  const identify = identifier(packages);
  const created = time ?? reportTime(report);
  const note = (comment: unknown): object => annotation(JSON.stringify(comment), created);
  const contained = [...(report.distro === null ? [] : [systemId]), ...packages.map(identify)];
  return {
    SPDXID: documentId,
    spdxVersion: 'SPDX-2.3',
    creationInfo: { created, creators: [`Tool: ${tool.name}-${tool.version}`] },
    name: escapeForTerminal(imageTitleOf(imageSubjectOf(report.target))),
    dataLicense: 'CC0-1.0',
    documentNamespace: `https://spdx.org/spdxdocs/${tool.name}-${documentUuid(report, kind)}`,
    comment: comments.length === 0 ? undefined : comments.join('\n'),
    packages: [
      imagePackage(report, note),
      ...(report.distro === null ? [] : [systemPackage(report.distro, note)]),
      ...packages.map((found) => ({
        ...packageOf(found, identify(found), references(found)),
        annotations: [
          note(orderKeys(found, reportOrder.packages)),
          ...trivyNotes(found).map((text) => annotation(text, created)),
        ],
      })),
    ],
    hasExtractedLicensingInfos: namedLicenses(packages),
    relationships: [
      relationship(documentId, 'DESCRIBES', imageId),
      ...contained.map((id) => relationship(imageId, 'CONTAINS', id)),
      ...dependencies(packages, identify),
    ],
  };
}

/** Returns the dependencies of packages. A package with unknown dependencies has no relationship, one without any has `NONE`. */
function dependencies(packages: readonly Package[], identify: (found: Package) => string): object[] {
  const byPurl = new Map(packages.toReversed().map((found) => [found.purl, found]));
  return packages.flatMap((found) => {
    const required = found.dependsOn?.flatMap((purl) => byPurl.get(purl) ?? []);
    if (required === undefined) return [];
    const ids = found.dependsOn?.length === 0 ? ['NONE'] : required.map(identify);
    return ids.map((id) => relationship(identify(found), 'DEPENDS_ON', id));
  });
}

/** Returns an annotation for what SPDX has no field for, so that readers lose nothing. The first one of a package is its JSON. */
function annotation(comment: string, annotationDate: string): object {
  return {
    annotationDate,
    annotationType: 'OTHER',
    annotator: `Tool: ${tool.name}-${tool.version}`,
    comment,
  };
}

/** Returns the comments from which Trivy reads the file of a language package, and a source package that differs from the package. */
function trivyNotes(found: Package): string[] {
  const { source, name, version } = found;
  const isOwnSource = source?.name === name && source.version === version;
  const { PkgType, FilePath, ...ofSource } = trivyProperties(found);
  const { LayerDiffID, Modularitylabel, ...differing } = ofSource;
  return Object.entries({ PkgType, FilePath, ...(isOwnSource ? {} : differing) }).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}: ${escapeForTerminal(value)}`,
  );
}

/** Assigns identifiers of letters, digits, dots and hyphens. A hash makes them unique. */
function identifier(packages: readonly Package[]): (found: Package) => string {
  const references = packageReferences(packages);
  return (found) => {
    const hash = sha256Of(references(found) ?? found.purl).slice(0, 16);
    const name = `${found.type}-${found.name}`.replaceAll(/[^a-zA-Z0-9.-]/g, '-').slice(0, 100);
    return `SPDXRef-Package-${name}-${hash}`;
  };
}

/** Fields that are equal for all packages: their files and licences were not analyzed. */
const unasserted = {
  supplier: 'NOASSERTION',
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

function imagePackage(report: Report, note: (comment: unknown) => object): object {
  const target = imageSubjectOf(report.target);
  const { namespaces, layers, unread, statuses } = reportOrder;
  return {
    SPDXID: imageId,
    name: escapeForTerminal(imageTitleOf(target)),
    versionInfo: target.manifest ?? target.digest,
    ...unasserted,
    checksums: target.manifest === null ? undefined : [checksum(target.manifest)],
    primaryPackagePurpose: 'CONTAINER',
    externalRefs: purlReferences(imagePurl(target)),
    annotations: [
      note({
        target: orderKeys(target, reportOrder.target),
        ...(orderKeys(report, { namespaces, layers, unread, statuses }) as object),
      }),
    ],
  };
}

function purlReferences(purl: string | undefined): object[] | undefined {
  if (purl === undefined) return undefined;
  return [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }];
}

function systemPackage(distro: Distro, note: (comment: unknown) => object): object {
  return {
    SPDXID: systemId,
    name: escapeForTerminal(distro.id),
    versionInfo: distro.versionId,
    description: distro.prettyName,
    ...unasserted,
    // No purpose: its value has a hyphen in one revision of the schema and an underscore in the other.
    annotations: [note(orderKeys(distro, reportOrder.distro))],
  };
}

function packageOf(found: Package, id: string, references: readonly object[]): object {
  const { name, version, supplier, licence, licenses = [], purl } = found;
  return {
    SPDXID: id,
    name: escapeForTerminal(name),
    versionInfo: version,
    ...unasserted,
    supplier: supplierOf(supplier),
    checksums: found.hashes?.map(packageChecksum),
    licenseDeclared: licenses.length === 0 ? 'NOASSERTION' : declaredLicense(licenses),
    // The licence tag of an rpm is seldom an SPDX expression.
    licenseComments: licence === undefined ? undefined : `The package says: ${escapeForTerminal(licence)}`,
    sourceInfo: sourceText(found),
    externalRefs: [
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
      ...references,
    ],
  };
}

/** Returns a supplier as `Organization`, which SPDX uses for distributors. Whether it is a person is unknown. */
function supplierOf(supplier: string | undefined): string {
  if (supplier === undefined) return 'NOASSERTION';
  const { name, email } = supplierParts(escapeForTerminal(supplier));
  return `Organization: ${name}${email === undefined ? '' : ` (${email})`}`;
}

function sourceText({ foundBy, location, source }: Package): string {
  const layer = location.layer === null ? '' : ` of layer ${location.layer}`;
  const built = source === undefined ? '' : `; built from ${source.name} ${source.version}`;
  return escapeForTerminal(`${foundBy} found it in ${location.path}${layer}${built}`);
}

function checksum(digest: Digest): object {
  const algorithm = digestAlgorithm(digest) === 'sha256' ? 'SHA256' : 'SHA512';
  return { algorithm, checksumValue: digestHex(digest) };
}

function packageChecksum(hash: PackageHash): object {
  const { algorithm, hex } = packageHashParts(hash);
  return { algorithm: algorithm.toUpperCase(), checksumValue: hex };
}

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string): object {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}
