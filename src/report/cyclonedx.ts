import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import { groupedName } from '../model/purl.ts';
import type { Report, ReportLayer } from '../model/report.ts';
import type { Display, ReportFormat } from '../plugin/report-format.ts';
import {
  cyclonedxHead,
  cyclonedxTools,
  cyclonedxType,
  hashesOf,
  packageHashIn,
} from './cyclonedx-document.ts';
import { cyclonedxVulnerabilities } from './cyclonedx-vulnerabilities.ts';
import { type LicenseChoice, licenseChoices } from './declared-licenses.ts';
import {
  distinctPackages,
  documentUuid,
  type PackageReferences,
  packageReferences,
  reportTime,
} from './identity.ts';
import { imagePurl } from './image-purl.ts';
import { jsonChunks } from './json-chunks.ts';
import { orderKeys, reportOrder } from './key-order.ts';
import { syftProperties, trivyPrefix, trivyProperties } from './peer-properties.ts';
import { doubtsOf, extensionProblemLines, tool } from './report-text.ts';
import { supplierParts } from './spdx-licenses.ts';
import { imageSubjectOf, imageTitleOf, inventoryOf } from './title.ts';

/** Inventory and findings of an image as CycloneDX 1.6 (ECMA-424). */
export const cyclonedxFormat: ReportFormat = {
  name: 'cyclonedx',
  mediaType: cyclonedxType,
  write(report: Report, { time }: Display): Iterable<string> {
    const references = packageReferences(distinctPackages(report.packages));
    return jsonChunks({
      ...inventory(report, { kind: 'cyclonedx', time }),
      vulnerabilities: cyclonedxVulnerabilities(report, references, rootReference),
      properties: properties({
        verdict: report.verdict,
        doubt: doubtsOf(report),
        coverage: report.coverage.map((coverage) => JSON.stringify(coverage)),
      }),
    });
  },
};

/** Inventory of an image as CycloneDX 1.6 (ECMA-424), without findings. */
export const sbomCyclonedxFormat: ReportFormat = {
  name: 'cyclonedx',
  mediaType: cyclonedxType,
  write(report: Report, { time }: Display): Iterable<string> {
    return jsonChunks({
      ...inventory(inventoryOf(report), { kind: 'cyclonedx sbom', time }),
      properties: properties({ problem: extensionProblemLines(report) }),
    });
  },
};

const rootReference = 'image';
const systemReference = 'operating-system';

/** Properties of a document that its inventory does not determine. */
interface DocumentOptions {
  readonly kind: string;
  readonly time: string | undefined;
}

function inventory(report: Report, { kind, time = reportTime(report) }: DocumentOptions): object {
  const packages = distinctPackages(report.packages);
  const references = packageReferences(packages);
  const system = report.distro === null ? [] : [operatingSystemOf(report.distro)];
  function* parts(): Iterable<string> {
    if (report.distro !== null) yield systemReference;
    for (const found of packages) yield references(found) ?? found.purl;
  }
  return {
    ...cyclonedxHead(documentUuid(report, kind)),
    metadata: { timestamp: time, tools: cyclonedxTools, component: imageOf(report) },
    components: [...system, ...packages.map((found) => componentOf(found, references(found)))],
    dependencies: dependenciesOf(packages, references, parts()),
    // A package database cannot prove that nothing else is installed.
    compositions: [
      {
        aggregate: extensionProblemLines(report).length > 0 ? 'incomplete' : 'unknown',
        assemblies: [rootReference],
      },
    ],
  };
}

/** Yields the image with all parts, then the packages. In CycloneDX, a package without an entry has unknown dependencies. */
function* dependenciesOf(
  packages: readonly Package[],
  references: PackageReferences,
  parts: Iterable<string>,
): Iterable<object> {
  yield { ref: rootReference, dependsOn: parts };
  const known = new Set(packages.map(({ purl }) => purl));
  for (const found of packages) {
    const { dependsOn: purls } = found;
    const dependsOn = new Set(purls?.filter((purl) => known.has(purl)));
    if (dependsOn.size > 0 || purls?.length === 0)
      yield { ref: references(found), dependsOn: [...dependsOn] };
  }
}

function imageOf(report: Report): object {
  const { layers, namespaces, statuses, unread = [] } = report;
  const target = imageSubjectOf(report.target);
  return {
    type: 'container',
    'bom-ref': rootReference,
    name: imageTitleOf(target),
    version: target.manifest ?? target.digest,
    hashes: hashesOf(target.manifest),
    purl: imagePurl(target),
    components: layers.map(layerOf),
    properties: properties({
      'target:kind': target.kind,
      'target:platform': target.platform,
      'target:reference': imageTitleOf(target) === target.reference ? null : target.reference,
      'target:imageId': target.manifest === null ? target.digest : null,
      'target:name': target.names,
      'target:repoDigest': target.repoDigests,
      'target:created': target.created,
      namespace: namespaces.map((namespace) => JSON.stringify(namespace)),
      unread: unread.map((one) => JSON.stringify(orderKeys(one, reportOrder.unread))),
      status: statuses.map((status) => JSON.stringify(orderKeys(status, reportOrder.statuses))),
    }),
  };
}

function layerOf({ digest, diffId, sizeBytes, createdBy, verified }: ReportLayer, index: number): object {
  return {
    type: 'file',
    'bom-ref': `layer-${index}`,
    name: diffId ?? digest ?? `layer ${index}`,
    description: createdBy ?? undefined,
    hashes: hashesOf(digest),
    properties: properties({
      'layer:diffId': diffId,
      'layer:digest': digest,
      'layer:sizeBytes': String(sizeBytes),
      'layer:verified': String(verified),
    }),
  };
}

function operatingSystemOf({ id, versionId, versionCodename, prettyName, like, supportEnd }: Distro): object {
  return {
    type: 'operating-system',
    'bom-ref': systemReference,
    name: id,
    version: versionId,
    description: prettyName,
    properties: properties({ codename: versionCodename, like, supportEnd }),
  };
}

function componentOf(found: Package, reference: string | undefined): object {
  const { version, purl, vendor, supplier, licenses } = found;
  const choices = licenses && licenseChoices(licenses);
  return {
    type: 'library',
    'bom-ref': reference,
    supplier: supplier && supplierOf(supplier),
    publisher: vendor,
    ...groupedName(found),
    version,
    hashes: found.hashes?.map(packageHashIn),
    licenses: choices?.length === 0 ? undefined : choices,
    purl,
    evidence: { occurrences: occurrencesOf(found) },
    properties: [
      ...ownProperties(found, choices),
      ...namedProperties(syftProperties(found)),
      ...namedProperties(trivyProperties(found), trivyPrefix),
    ],
  };
}

/** Returns the properties of a package from which Clair restores it. */
function ownProperties(found: Package, choices: readonly LicenseChoice[] | undefined): object[] {
  const { licenses, location } = found;
  return properties({
    'package:type': found.type,
    'package:arch': found.arch,
    'package:source:name': found.source?.name,
    'package:source:version': found.source?.version,
    'package:modularity': found.modularity,
    'package:licence': found.licence,
    // One expression for several licences does not show the original texts.
    'package:license': choices?.length === 1 && licenses?.length !== 1 ? licenses : undefined,
    'package:repository': found.repositories,
    'package:owner': found.owner,
    'package:foundBy': found.foundBy,
    'package:layer': location.layer,
    ...containment(found),
  });
}

/** Returns all paths of a package, that of its main location first. */
function occurrencesOf({ location, locations = [] }: Package): object[] {
  const paths = new Set([location, ...locations].map(({ path }) => path));
  return Array.from(paths, (path) => ({ location: path }));
}

/** Returns the properties that say how a package is known, where it is from, and where it is. */
function containment({ evidence, parent, replaces, origin, proof, locations = [] }: Package): PropertyValues {
  return {
    'package:evidence': evidence,
    'package:parent:name': parent?.name,
    'package:parent:version': parent?.version,
    'package:replaces:name': replaces?.name,
    'package:replaces:version': replaces?.version,
    'package:origin': origin,
    'package:proof': proof,
    'package:location': locations.map((place) => JSON.stringify(place)),
  };
}

function supplierOf(supplier: string): object {
  const { name, email } = supplierParts(supplier);
  return { name, contact: email === undefined ? undefined : [{ email }] };
}

type PropertyValues = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/** Returns properties under the name of this tool: none for an unknown value, one per element of a list. */
function properties(values: PropertyValues): object[] {
  return namedProperties(values, `${tool.name}:`);
}

function namedProperties(values: PropertyValues, prefix: string = ''): object[] {
  return Object.entries(values).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => ({ name: `${prefix}${name}`, value: each })),
  );
}
