const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * The limits on watched registries, on servers over several cells, and on the APIs for Harbor and for Clair's other processes, which are a
 * part of `limits`.
 */
export const registryLimits = {
  /** Size of one page of a list of repositories or tags of a registry. One of 1,000 names has some tens of kilobytes. */
  listPageBytes: 8 * MiB,
  /** Pages of one such list. */
  listPages: 2000,
  /** Repositories of one watched registry. */
  watchedRepositories: 100_000,
  /** Tags of one watched repository. Large real ones have some ten thousand. */
  watchedTags: 100_000,
  /** Size of a file with a public key. Real ones have under a kilobyte. */
  publicKeyBytes: 64 * KiB,
  /** Attestations that are attached to one image. Real ones have under ten. */
  attachedStatements: 100,
  /** Signatures of one attestation that are tried. Real ones have one. */
  attestationSignatures: 10,
  /** Size of one attestation. Those with an SBOM have some megabytes. */
  attachedStatementBytes: 64 * MiB,
  /** Size of the VEX documents of one image in one repository that a server keeps. Real ones have some tens of kilobytes. */
  attachedVexBytes: MiB,
  /** Size of one message of containerd. It sends blobs in pieces of one megabyte. */
  containerdMessageBytes: 16 * MiB,
  /** Layers of one image that are checked at a time: whether their repository has them. */
  layerChecksAtOnce: 4,
  /** Failed requests in a row after which a registry is left alone until its next walk. */
  walkFailures: 5,
  /** The longest time that a registry may ask to wait before its next walk, in milliseconds. */
  walkPauseMs: 24 * 3_600_000,
  /** Names in one notification of a registry. */
  webhookNames: 100,
  /** Names of such notifications that wait to be looked at. */
  webhookNamesWaiting: 5000,
  /** Looks at a name that do not find what its notification states, or fail. Then the next walk finds it. */
  looksPerName: 12,
  /** Time for which a name of a notification is kept. */
  noticedNameMs: 2 * 24 * 3_600_000,
  /** Such notifications of one registry in a minute. */
  webhooksPerMinute: 600,
  /** Time that a request of Harbor for a report waits for it. Then the client polls again. Harbor itself waits five seconds. */
  harborReportWaitMs: 3_000,
  /** Time that such a report is kept for the next poll. */
  harborReportKeptMs: 30_000,
  /** Age from which the ages of feeds in the metadata for Harbor are read again. */
  harborMetadataMs: 1_000,
  /** Time that the first request for metadata waits for the ages of feeds. */
  harborFirstMetadataMs: 2_000,
  /** Length to which a description is cut for Harbor, which stores it for each vulnerability. */
  harborDescriptionCharacters: 4_000,
  /** Paths of a package in a row of a report for Harbor. */
  harborPaths: 20,
  /** Length of the header with which Harbor gives access to a registry. */
  authorizationCharacters: 8 * KiB,
  /** Updates of one feed that Clair's v4 API lists and compares. Clair keeps as many by default. */
  updatesPerFeed: 10,
  /** Records of one side in the difference of two updates. */
  updateDiffRecords: 10_000,
  /** Vulnerabilities in one request for the manifests that they affect. */
  postedVulnerabilities: 10_000,
  /** Manifests in its response. */
  affectedManifests: 100_000,
  /** Cells of one server. */
  cells: 64,
  /** Time for a cell to answer, in milliseconds. A page over cells has the same limit as a whole. */
  cellAnswerMs: 5_000,
  /** Part of that time in which a cell must state the time of its database. Otherwise it would hold up the pages of the others. */
  cellReachedMs: 2_000,
  /** Time for a cell to return a report, in milliseconds. */
  cellReportMs: 60_000,
  /** Time for which the token of a page over cells is valid, in milliseconds. */
  cellPageTokenMs: 3_600_000,
  /** Requests of one server to a cell at a time. The others wait, and their wait counts. */
  cellRequestsAtOnce: 8,
  /** Size of a page of a list of a cell. One of 1,000 affected images has some megabytes. */
  cellPageBytes: 16 * MiB,
} as const;
