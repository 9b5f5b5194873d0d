import * as z from 'zod/mini';
import type { PackageType } from '../model/package.ts';
import type { PeerFinding, PeerPackage, PeerReport } from '../model/peer-report.ts';
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
  typesByName,
  unsupportedPeerReport,
  versionsIn,
} from './peer-document.ts';

const title = 'Trivy';

const identifier = z.nullish(z.object({ PURL: maybeText }));

const vulnerability = z.object({
  VulnerabilityID: presentText,
  VendorIDs: maybeListOf(z.string()),
  PkgName: presentText,
  PkgPath: maybeText,
  PkgIdentifier: identifier,
  InstalledVersion: maybeText,
  FixedVersion: maybeText,
  Severity: maybeText,
  PublishedDate: maybeText,
});

const result = z.object({
  Target: z.string(),
  Class: maybeText,
  Type: maybeText,
  Packages: maybeListOf(
    z.object({
      Name: presentText,
      Version: maybeText,
      Release: maybeText,
      Epoch: z.nullish(z.number()),
      Identifier: identifier,
      FilePath: maybeText,
    }),
  ),
  Vulnerabilities: maybeListOf(vulnerability),
  ExperimentalModifiedFindings: maybeListOf(
    z.object({ Type: maybeText, Status: maybeText, Statement: maybeText, Finding: z.unknown() }),
  ),
});

const schema = z.object({
  CreatedAt: maybeText,
  ArtifactName: z.string(),
  Trivy: z.nullish(z.object({ Version: maybeText })),
  Results: maybeListOf(result),
});

type TrivyResult = z.output<typeof result>;
type TrivyVulnerability = z.output<typeof vulnerability>;

/** The version of the format that this reader knows. Trivy writes it since 0.20. */
const schemaVersion = 2;

/** Reads `trivy … --format json`. */
export const trivyReader: PeerReportReader = {
  title,
  recognizes: (head) => 'SchemaVersion' in head && 'ArtifactName' in head,
  read(document, place) {
    const { SchemaVersion } = document as { readonly SchemaVersion?: unknown };
    if (SchemaVersion !== schemaVersion)
      throw unsupportedPeerReport(
        place,
        `the report of Trivy has the schema version ${quotedValue(SchemaVersion)}, and only ${schemaVersion} is known; use another version of Trivy`,
      );
    return reportFrom(parsePeerDocument(schema, document, { title, place }), place);
  },
};

function reportFrom({ CreatedAt, Trivy, Results }: z.output<typeof schema>, place: string): PeerReport {
  const results = Results ?? [];
  const packages = results.flatMap((one) => (one.Packages ?? []).map((found) => packageFrom(found, one)));
  const findings = results.flatMap((one) => findingsIn(one, place));
  checkPeerEntries(place, packages.length + findings.length);
  const dataDate = knownTime(CreatedAt);
  return {
    format: 'trivy',
    tool: `Trivy ${Trivy?.Version ?? ''}`.trimEnd(),
    ...(dataDate !== undefined && { dataDate }),
    ...(results.some((one) => one.Packages != null) && { packages }),
    findings,
  };
}

function packageFrom(found: NonNullable<TrivyResult['Packages']>[number], one: TrivyResult): PeerPackage {
  const { Name: name, Version, Release, Epoch, Identifier, FilePath } = found;
  const epoch = Epoch ? `${Epoch}:` : '';
  const version = Version ? `${epoch}${Version}${Release ? `-${Release}` : ''}` : '';
  return peerPackageOf(Identifier?.PURL, {
    type: typeOf(one),
    name,
    version,
    paths: [FilePath, fileOf(one)],
  });
}

function findingsIn(one: TrivyResult, place: string): PeerFinding[] {
  const suppressed = (one.ExperimentalModifiedFindings ?? [])
    .filter(({ Type }) => Type === 'vulnerability')
    .map(({ Finding, Status, Statement }) => ({
      ...findingFrom(parsePeerDocument(vulnerability, Finding, { title, place }), one),
      suppressed: Statement || Status || 'without a reason',
    }));
  return [...(one.Vulnerabilities ?? []).map((found) => findingFrom(found, one)), ...suppressed];
}

function findingFrom(found: TrivyVulnerability, one: TrivyResult): PeerFinding {
  const published = knownTime(found.PublishedDate);
  return {
    id: found.VulnerabilityID,
    ...splitVulnerabilityNames(found.VendorIDs ?? []),
    package: peerPackageOf(found.PkgIdentifier?.PURL, {
      type: typeOf(one),
      name: found.PkgName,
      version: found.InstalledVersion ?? '',
      paths: [found.PkgPath || fileOf(one)],
    }),
    severity: severityOfWord(found.Severity),
    fixedVersions: versionsIn(found.FixedVersion),
    ...(published !== undefined && { published }),
  };
}

/** The targets of results about a kind of packages, which state no file. */
const kindsOfPackages: ReadonlySet<string> = new Set([
  'Node.js',
  'Python',
  'Conda',
  'Ruby',
  'Java',
  'Kubernetes',
]);

/** The file that a result is about. */
function fileOf({ Class, Target }: TrivyResult): string | undefined {
  return Class === 'lang-pkgs' && !kindsOfPackages.has(Target) ? Target : undefined;
}

function typeOf({ Type }: TrivyResult): PackageType {
  return types.get(Type ?? '') ?? Type ?? '';
}

/** purl types by Trivy's types of distributions, lock files and analysed files. Others have equal names. */
const types: ReadonlyMap<string, PackageType> = typesByName({
  deb: ['debian', 'ubuntu', 'echo'],
  apk: ['alpine', 'wolfi', 'chainguard', 'minimos'],
  rpm: [
    ...['redhat', 'centos', 'alma', 'rocky', 'oracle', 'amazon', 'fedora', 'photon', 'suse'],
    ...['opensuse', 'opensuse-leap', 'opensuse-tumbleweed', 'opensuse.leap', 'opensuse.tumbleweed'],
    ...['suse linux enterprise server', 'slem', 'sl-micro', 'cbl-mariner', 'azurelinux'],
  ],
  npm: ['npm', 'yarn', 'pnpm', 'bun', 'node-pkg', 'javascript'],
  pypi: ['pip', 'pipenv', 'poetry', 'uv', 'pylock', 'python-pkg'],
  gem: ['bundler', 'gemspec'],
  maven: ['jar', 'pom', 'gradle', 'sbt'],
  golang: ['gobinary', 'gomod'],
  cargo: ['cargo', 'rustbinary', 'rust-binary'],
  nuget: ['nuget', 'nuget-config', 'dotnet-core', 'packages-props'],
  composer: ['composer', 'composer-vendor'],
  hex: ['hex', 'mix-lock'],
  conda: ['conda-pkg', 'conda-environment'],
});
