import { binaryLister } from './analyze/binary/binary.ts';
import { bitnamiLister } from './analyze/language/bitnami/bitnami.ts';
import { conanLister } from './analyze/language/conan/conan.ts';
import { condaLister } from './analyze/language/conda/conda.ts';
import { pubLister } from './analyze/language/dart/pub.ts';
import { nugetLister } from './analyze/language/dotnet/nuget.ts';
import { hexLister, otpLister } from './analyze/language/erlang/erlang.ts';
import { chromeLister } from './analyze/language/extensions/chrome.ts';
import { firefoxLister } from './analyze/language/extensions/firefox.ts';
import { vscodeLister } from './analyze/language/extensions/vscode.ts';
import { goLister } from './analyze/language/go/go.ts';
import { hackageLister } from './analyze/language/haskell/hackage.ts';
import { mavenLister } from './analyze/language/java/maven.ts';
import { juliaLister } from './analyze/language/julia/julia.ts';
import { luarocksLister } from './analyze/language/lua/luarocks.ts';
import { modelLister } from './analyze/language/models/models.ts';
import { npmLister } from './analyze/language/npm/npm.ts';
import { opamLister } from './analyze/language/ocaml/opam.ts';
import { cpanLister } from './analyze/language/perl/cpan.ts';
import { composerLister } from './analyze/language/php/composer-lister.ts';
import { wordpressLister } from './analyze/language/php/wordpress.ts';
import { pythonLister } from './analyze/language/python/python.ts';
import { wheelClaimListers } from './analyze/language/python/wheel-claims.ts';
import { cranLister } from './analyze/language/r/cran.ts';
import { rubyLister } from './analyze/language/ruby/ruby.ts';
import { cargoLister } from './analyze/language/rust/cargo.ts';
import { alpineRelease } from './analyze/namespace/alpine-release.ts';
import { aptSources } from './analyze/namespace/apt-sources.ts';
import { lsbRelease } from './analyze/namespace/lsb-release.ts';
import { osRelease } from './analyze/namespace/os-release.ts';
import { redhatRelease } from './analyze/namespace/redhat-release.ts';
import { apkLister } from './analyze/package/apk.ts';
import { bottlerocketLister } from './analyze/package/bottlerocket.ts';
import { chiselLister } from './analyze/package/chisel.ts';
import { dpkgLister } from './analyze/package/dpkg.ts';
import { flatpakLister } from './analyze/package/flatpak.ts';
import { homebrewLister } from './analyze/package/homebrew.ts';
import { pacmanLister } from './analyze/package/pacman.ts';
import { portageLister } from './analyze/package/portage.ts';
import { rhelContentManifest } from './analyze/package/rhel-content-manifest.ts';
import { rpmLister } from './analyze/package/rpm/rpm.ts';
import { snapLister } from './analyze/package/snap.ts';
import { guixLister, nixLister } from './analyze/package/store-database.ts';
import { cveList } from './enrich/cve/cve.ts';
import { epss } from './enrich/epss/epss.ts';
import { euvd, kev } from './enrich/kev/kev.ts';
import { nvd } from './enrich/nvd/nvd.ts';
import { curlVulnerabilities, nodeVulnerabilities } from './enrich/projects/projects.ts';
import { amqp } from './notify/amqp.ts';
import { clair4Webhook } from './notify/clair4-webhook.ts';
import { email } from './notify/email.ts';
import { slack } from './notify/slack.ts';
import { stomp } from './notify/stomp.ts';
import { teams } from './notify/teams.ts';
import type { TransportKind } from './notify/transport-kind.ts';
import { webhook } from './notify/webhook.ts';
import type { MadeOfFeed } from './plugin/advisory-source.ts';
import type { Enricher } from './plugin/enricher.ts';
import type { Extensions } from './plugin/extensions.ts';
import type { NamespaceDetector } from './plugin/namespace-detector.ts';
import type { PackageLister } from './plugin/package-lister.ts';
import { clair4Format, quayFormat } from './report/clair4/formats.ts';
import { cyclonedxFormat, sbomCyclonedxFormat } from './report/cyclonedx.ts';
import { githubFormat } from './report/github.ts';
import { gitlabFormat } from './report/gitlab.ts';
import { htmlFormat } from './report/html/html.ts';
import { jsonFormat, sbomJsonFormat } from './report/json-formats.ts';
import { junitFormat } from './report/junit.ts';
import { sarifFormat } from './report/sarif.ts';
import { sbomSpdxFormat, spdxFormat } from './report/spdx.ts';
import { tableFormat } from './report/table.ts';
import { csafFormat } from './report/vex/csaf.ts';
import { cyclonedxVexFormat } from './report/vex/cyclonedx-vex.ts';
import { openVexFormat } from './report/vex/openvex.ts';
import { alma } from './source/alma/alma.ts';
import { alpine } from './source/alpine/alpine.ts';
import { amazon } from './source/amazon/amazon.ts';
import { arch } from './source/arch/arch.ts';
import { azure } from './source/azure/azure.ts';
import { bottlerocket } from './source/bottlerocket/bottlerocket.ts';
import { chainguard } from './source/chainguard/chainguard.ts';
import { debian } from './source/debian/debian.ts';
import { fedora } from './source/fedora/fedora.ts';
import { gentooSource } from './source/gentoo/gentoo.ts';
import { openEuler } from './source/openeuler/openeuler.ts';
import { oracle } from './source/oracle/oracle.ts';
import { osvSource } from './source/osv/osv.ts';
import { photon } from './source/photon/photon.ts';
import { productSource } from './source/products/products.ts';
import { rhel } from './source/rhel/rhel.ts';
import { rhelOval } from './source/rhel/rhel-oval.ts';
import { rocky } from './source/rocky/rocky.ts';
import { suse } from './source/suse/suse.ts';
import { suseDocuments } from './source/suse/suse-documents.ts';
import { ubuntu } from './source/ubuntu/ubuntu.ts';
import { ubuntuOval } from './source/ubuntu/ubuntu-oval.ts';
import { wolfi } from './source/wolfi/wolfi.ts';
import { alpm } from './version/alpm.ts';
import { apk } from './version/apk.ts';
import { bitnami } from './version/bitnami.ts';
import { composer } from './version/composer.ts';
import { cran } from './version/cran.ts';
import { dpkg } from './version/dpkg.ts';
import { gem } from './version/gem.ts';
import { gentoo } from './version/gentoo.ts';
import { go } from './version/go.ts';
import { maven } from './version/maven.ts';
import { npm } from './version/npm.ts';
import { nuget } from './version/nuget.ts';
import { pep440 } from './version/pep440.ts';
import { program } from './version/program.ts';
import { pub } from './version/pub.ts';
import { rpm } from './version/rpm.ts';
import { semver } from './version/semver.ts';

const schemes: Extensions['schemes'] = [
  dpkg,
  rpm,
  apk,
  alpm,
  semver,
  npm,
  go,
  pep440,
  gem,
  maven,
  nuget,
  composer,
  pub,
  cran,
  bitnami,
  gentoo,
  program,
];

/**
 * Loads the listers of lock files and manifests. They run for source trees, and for images if a command asks for them. No other command
 * needs the time to load their parsers.
 */
export async function loadDeclaredListers(): Promise<readonly PackageLister[]> {
  return (await import('./analyze/declared/declared-lister.ts')).declaredListers;
}

function feedsOf({ name, feeds }: Pick<Enricher, 'name' | 'feeds'>): MadeOfFeed[] {
  return feeds.map((feed) => ({ source: name, feed }));
}

function optional(feed: MadeOfFeed): MadeOfFeed {
  return { ...feed, isOptional: true };
}

/** The built-in extensions. Their detectors and listers run in the calling thread. */
export interface BuiltIn extends Extensions {
  readonly detectors: readonly NamespaceDetector[];
  readonly listers: readonly PackageLister[];
}

/** All built-in extensions, in the order in which they are tried. To add an extension, add it here. */
export const builtIn: BuiltIn = {
  detectors: [osRelease, redhatRelease, alpineRelease, lsbRelease, aptSources],
  listers: [
    dpkgLister,
    apkLister,
    rpmLister,
    pacmanLister,
    portageLister,
    chiselLister,
    bottlerocketLister,
    rhelContentManifest,
    npmLister,
    pythonLister,
    rubyLister,
    composerLister,
    mavenLister,
    nugetLister,
    cranLister,
    hexLister,
    otpLister,
    condaLister,
    goLister,
    cargoLister,
    wordpressLister,
    luarocksLister,
    cpanLister,
    hackageLister,
    juliaLister,
    opamLister,
    pubLister,
    conanLister,
    vscodeLister,
    chromeLister,
    firefoxLister,
    homebrewLister,
    flatpakLister,
    snapLister,
    bitnamiLister,
    ...wheelClaimListers,
    nixLister,
    guixLister,
    modelLister,
    binaryLister,
  ],
  schemes,
  sources: [
    debian,
    ubuntu,
    ubuntuOval,
    alpine,
    wolfi,
    chainguard,
    rhel,
    rhelOval,
    oracle,
    amazon,
    rocky,
    alma,
    suse,
    suseDocuments,
    azure,
    photon,
    arch,
    fedora,
    bottlerocket,
    gentooSource(gentoo),
    openEuler,
    osvSource(schemes),
    productSource({
      name: 'cve-products',
      by: ['cna', 'cisa-adp'],
      madeOf: feedsOf(cveList),
      scheme: program,
    }),
    productSource({
      name: 'curl-products',
      by: ['project'],
      products: ['curl'],
      scheme: program,
      madeOf: [...feedsOf(cveList), ...feedsOf(curlVulnerabilities)],
    }),
    productSource({
      name: 'node-products',
      by: ['project'],
      products: ['node'],
      scheme: program,
      madeOf: [...feedsOf(cveList), ...feedsOf(nodeVulnerabilities)],
    }),
    productSource({
      name: 'nvd-products',
      by: ['nvd'],
      madeOf: [
        ...feedsOf(cveList),
        ...[curlVulnerabilities, nodeVulnerabilities].flatMap(feedsOf).map(optional),
        ...feedsOf(nvd),
      ],
      scheme: program,
    }),
  ],
  enrichers: [nvd, cveList, kev, epss, euvd, curlVulnerabilities, nodeVulnerabilities],
  formats: [
    tableFormat,
    jsonFormat,
    sarifFormat,
    cyclonedxFormat,
    spdxFormat,
    htmlFormat(schemes),
    junitFormat,
    gitlabFormat,
    githubFormat,
    clair4Format,
    quayFormat,
  ],
  sbomFormats: [sbomJsonFormat, sbomCyclonedxFormat, sbomSpdxFormat],
  vexFormats: [openVexFormat, csafFormat, cyclonedxVexFormat],
  transports: [],
};

/**
 * The transports that a server configuration can set up, in the order of the settings reference. Chat transports are last: if the server
 * stops between two deliveries, it repeats the earlier ones.
 */
export const transportKinds: readonly TransportKind[] = [
  webhook,
  clair4Webhook,
  amqp,
  stomp,
  slack,
  teams,
  email,
];
