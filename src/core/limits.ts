import { languageLimits } from './language-limits.ts';
import { partialLimits } from './partial-limits.ts';
import { peopleLimits } from './people-limits.ts';
import { publishedLimits } from './published-limits.ts';
import { registryLimits } from './registry-limits.ts';
import { storeLimits } from './store-limits.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/**
 * All limits on input from outside, with those of the files beside this one. The last word of a name is its unit. `docs/reference/limits.md`
 * describes the effect of each. Bounds of single fields of a format are beside its parser.
 */
export const limits = {
  // An object without a prototype is a hash table from the start. V8 would make a hidden class for each of some 300 spread members, which took
  // 5 ms of CPU and 1.3 MB of garbage at each start.
  __proto__: null as never,
  /** Length of a version as a key of the database. PostgreSQL refuses index entries over 2,704 bytes for a whole tuple. */
  versionKeyBytes: 512,
  /** Uncompressed size of one layer. */
  layerBytes: 64 * GiB,
  /** Uncompressed bytes per compressed byte, over a whole layer. Real layers stay under 200. */
  inflateRatio: 1000,
  /** Uncompressed size from which the ratio is checked: a small layer of zeros is harmless. */
  inflateRatioFromBytes: 64 * MiB,
  /** Distance that a compressed stream may refer back: twice that of `xz -9`, and the maximum of Node's zstd. */
  inflateWindowBytes: 128 * MiB,
  /** Total size of the wanted files of one layer. The databases of large real systems have some tens of megabytes. */
  keptLayerBytes: 96 * MiB,
  /** The same while another thread reads another layer. A larger layer is read once more by itself. */
  threadKeptBytes: 32 * MiB,
  /** Size of a release file. Real ones are under 2 KiB. */
  releaseFileBytes: 64 * KiB,
  /** Packages of one database. Real systems have under ten thousand. */
  packagesPerFile: 20_000,
  /** Files of packages that one lister keeps of one layer. Large real systems have under ten thousand. */
  ownedFilesPerLayer: 100_000,
  /** Total length of their paths. */
  ownedPathCharactersPerLayer: 32 * MiB,
  /** Diversions of dpkg. Real systems have under a hundred. */
  diversions: 10_000,
  /** Evidence of unlisted packages kept of one layer, including links. Large real layers have some thousands. */
  evidencePerLayer: 20_000,
  /** Total length of its paths and link targets. */
  evidenceCharactersPerLayer: 4 * MiB,
  /** Whiteouts and opaque directories that are kept because they may hide evidence in layers below. */
  evidenceMarkersPerLayer: 20_000,
  /** Evidence of all layers of an image. */
  evidencePerImage: 500_000,
  /** Paths of one kind of evidence that the coverage names as samples. */
  evidencePaths: 20,
  /** Labels with a weight for upgrades. Each costs a search in the labels of every image. */
  labelWeights: 20,
  /** Weight of a label. A higher one would hide what other images need. */
  labelWeight: 1000,
  /** The beginning of a program that identifies it. */
  programHeadBytes: 4 * KiB,
  /** How much of a program is searched for signs of Rust. They are stored before the code or after it. */
  programBytes: 16 * MiB,
  /** Files and directories of a root file system on disk that are checked for evidence. */
  directoryEntries: 1_000_000,
  /** Size of a file that states the licences of one package. Those of Boost have 2 MB. */
  licenseFileBytes: 4 * MiB,
  /** Total size of these files in one layer. The rest is not read. */
  licenseBytesPerLayer: 128 * MiB,
  /** Number of these files, and of links to them, in one layer. Large real systems have some thousands. */
  licenseFilesPerLayer: 20_000,
  /** Licences kept of one package. */
  licensesPerPackage: 200,
  /** Total length of all licences of one layer. */
  licenseCharactersPerLayer: 2 * MiB,
  /** Total length of the names that the packages of one database require and provide. Large real ones have one or two million characters. */
  dependencyCharactersPerFile: 8 * MiB,
  /** Total length of these names and of all licences, over all layers of an image. Real images have some tens of megabytes. */
  imageDetailCharacters: 512 * MiB,
  /** Dependencies between the packages of one image. Large real ones have some ten thousand. */
  dependenciesPerImage: 500_000,
  /** Size of the header of one rpm package. That of a package of 100,000 files has about 13 MB. */
  rpmHeaderBytes: 16 * MiB,
  /** Uncompressed size of a Chisel manifest. Real ones have under a megabyte. */
  chiselBytes: 64 * MiB,
  /** Lines of a Chisel manifest, which has one line for each file. */
  chiselLines: 1_000_000,
  /** Length of one such line. Real ones have some hundred characters. */
  chiselLineCharacters: 64 * KiB,
  /** Size of a lock file or manifest of a project. Large real ones have some megabytes. */
  declaredFileBytes: 16 * MiB,
  /** Size of one in TOML. Large real ones have two megabytes, and the parser takes forty times the size of a damaged one. */
  declaredTomlBytes: 4 * MiB,
  /** Lines of one in YAML, without comments. Large real ones have a hundred thousand. */
  declaredYamlLines: 500_000,
  ...languageLimits,
  /** Content sets of one manifest. Real ones have under a hundred. */
  contentSets: 10_000,
  /** Rows of one table of a dnf history. */
  dnfHistoryRows: 100_000,
  /** Problems of one file that are reported one by one. */
  problemsPerFile: 20,
  /** Members of an archive that may hold an image. */
  archiveMembers: 20_000,
  /** Total length of their names. Real ones have under a hundred characters each. */
  archiveNameCharacters: 16 * MiB,
  /** Size of an image on standard input, which is stored in a temporary file. */
  spooledInputBytes: 64 * GiB,
  /** Total size of the documents kept of a compressed archive while its members are listed. */
  archiveDocumentBytes: 64 * MiB,
  /** Archive members of one layer. */
  layerEntries: 10_000_000,
  /** Irregularities of one layer that are reported one by one. */
  remarks: 100,
  /** Whiteouts, links and wanted files of one layer. Large real ones have some thousands. */
  layerMarks: 20_000,
  /** Total length of their names and link targets. */
  layerMarkCharacters: 2 * MiB,
  /** All of them, all packages and all files of packages, over all layers of an image. */
  imageThings: 200_000,
  /** Packages of one image. Large real ones have some thousands. */
  imagePackages: 40_000,
  /** Paths outside the wanted ones that links of one image lead to. */
  linkedPlaces: 1000,
  /** Total length of these paths. Those of real images have some thousand characters together. */
  linkedPlaceCharacters: 64 * KiB,
  /** Times the layers of one image are read because links lead elsewhere. */
  readings: 8,
  pathBytes: 4096,
  /** Size of a pax header or a GNU long name. */
  tarMetadataBytes: 1 * MiB,
  /** Symbolic links followed on one path, as in the Linux kernel. */
  linkDepth: 40,
  /** Times that links of one image are resolved: each link after each layer. Real images have some hundred. */
  linkResolutions: 1_000_000,
  layersPerImage: 1000,
  /** Layers of one ancestry that are read in parallel. */
  ancestryLayersAtOnce: 4,
  /** Length of the name of an ancestry, or of a client's name for a layer. At four bytes each it fits into an index of any engine. */
  ancestryNameCharacters: 500,
  /** Size of a manifest, index or image configuration. */
  manifestBytes: 8 * MiB,
  /** Size of an earlier report to compare with. The largest of the test corpus has 3 MiB. */
  reportBytes: 256 * MiB,
  /** Size of a report of another scanner. One of 5,000 findings has some tens of megabytes. */
  peerReportBytes: 256 * MiB,
  /** Packages and findings of one such report. Large real ones have some ten thousand. */
  peerReportEntries: 500_000,
  /** Reports of other scanners in one comparison. */
  peerReports: 20,
  /** Nesting depth of arrays and objects in a JSON document. Real ones have under ten. */
  documentDepth: 100,
  /** Smaller documents of a feed may be nested deeper. An archive has tens of thousands, and each takes some tens of megabytes at most. */
  documentDepthFromBytes: 1 * MiB,
  /** Size of an SBOM. One of 50,000 components has about 50 MB and takes 600 MB of memory. */
  sbomBytes: 256 * MiB,
  /** Components of one SBOM, including files. Large real ones have some ten thousand. */
  sbomComponents: 500_000,
  /** Names of one image. Real ones have under ten. */
  imageNames: 50,
  /** Length of one such name: a host, a repository of 255 characters and a tag of 128. */
  imageNameCharacters: 512,
  /** Labels of one image. The first are kept. */
  imageLabels: 100,
  /** Length of such a label with its name. Longer ones are dropped. */
  imageLabelCharacters: 1024,
  /** Images of one index that `--platform all` scans. Large real indexes have about ten. */
  platformsPerImage: 100,
  /** Nesting depth of indexes. */
  indexDepth: 5,
  /** Indexes read for one image of a registry. */
  indexesPerImage: 100,
  /** Size of a registry's error response or token. */
  registryAnswerBytes: 256 * KiB,
  /** Size of the state of a scan, or of an error, from a server of `clair scan --server`. */
  serverAnswerBytes: 1 * MiB,
  /** Size of a credentials file, and of the output of a credential helper. */
  credentialBytes: 1 * MiB,
  /** Time for a credential helper, which may prompt its user. */
  credentialHelperMs: 60_000,
  /** Size of an SBOM that is attached to an image of a registry. */
  attachedSbomBytes: 64 * MiB,
  /** Uncompressed size of one feed. Red Hat's archive has tens of gigabytes. */
  feedBytes: 128 * GiB,
  /** Size of one record of a feed. */
  feedRecordBytes: 64 * MiB,
  /** Size of the list of releases of the CVE list. Real ones have some hundred kilobytes. */
  releaseListBytes: 16 * MiB,
  /** Versions and changes that a CVE record states about one product. Those of curl have under two hundred. */
  productVersions: 2000,
  /** Records of one feed. The largest real ones have under a million. */
  feedRecords: 10_000_000,
  /** Threads that parse the documents of large feeds. Each takes about 100 MB. */
  parserThreads: 3,
  /** Size of new documents of a feed from which these threads parse them. Most updates have fewer. */
  parserStartBytes: 4 * MiB,
  /** Size of the documents that such a thread gets at once. */
  parserBatchBytes: 1 * MiB,
  /** Size of the documents of a feed that such threads parse, or have parsed, while earlier ones are stored. */
  parserAheadBytes: 16 * MiB,
  /** Elements of one record of an XML feed. The largest real ones have some ten thousand. */
  xmlRecordElements: 500_000,
  /** Length of one tag with its attributes, of one text or of one comment of an XML feed. */
  xmlTokenChars: 4 * MiB,
  /** Alternatives of one definition of OVAL. The largest real ones have about ten thousand. */
  ovalAlternatives: 200_000,
  /** Nesting depth of elements in an XML feed. */
  xmlDepth: 100,
  /** Size of a file of command-line options. Real ones have some lines. */
  optionFileBytes: 256 * KiB,
  /** Size of a file of ignore rules. */
  ignoreFileBytes: 1 * MiB,
  /** Rules of one such file. */
  ignoreRules: 10_000,
  /** Values that YAML aliases in it expand to. */
  ignoreAliases: 1000,
  /** Values that YAML aliases in the configuration of a server expand to. */
  configAliases: 1000,
  /** Size of a VEX document. The largest real ones have some tens of megabytes. */
  vexDocumentBytes: 128 * MiB,
  /** VEX documents below one directory. Red Hat has under a hundred thousand. */
  vexDocuments: 500_000,
  /** Products of all VEX statements on the vulnerabilities of one image. */
  vexProducts: 1_000_000,
  /** Files of rules and VEX documents that clients have saved on servers. All of them are in memory. */
  savedSuppressions: 100,
  /** Rules in all of these files. Each report compares its findings with those that name no vulnerability. */
  savedRules: 20_000,
  /** Vulnerabilities of a document whose effect is previewed, and images that are examined for it. */
  previewedIds: 100,
  previewedImages: 2000,
  /** Constraints of one VERS range. Real ones have under a hundred. */
  versConstraints: 256,
  /** Nesting depth of objects and lists in a request. `JSON.stringify` of Node fails not far above three thousand. */
  jsonDepth: 1000,
  /** How much of the body of a request is read, as in Clair. */
  requestBodyBytes: 1 * MiB,
  /** The body of a manifest or of a list of digests. A real one of 127 layers with long URLs and tokens has half a MiB. */
  manifestBodyBytes: 4 * MiB,
  /** A larger body takes milliseconds to parse. Such bodies are parsed one by one, with other requests in between. */
  largeBodyBytes: 32 * KiB,
  /** Header lines of a request. */
  requestHeaders: 100,
  /** Total size of the header lines. */
  requestHeaderBytes: 16 * KiB,
  /** Time for the header lines of a request to arrive. */
  requestHeadersMs: 15_000,
  /** Time for a whole request to arrive. */
  requestMs: 60_000,
  /** Time for which the rest of an unreadable request is discarded, so that its client can read the response. */
  lingerMs: 1000,
  /** Concurrent gRPC calls of one connection. */
  grpcCallsPerConnection: 100,
  /** Open gRPC calls of all connections together. */
  grpcCalls: 1000,
  /** gRPC connections. */
  grpcConnections: 256,
  /** Calls that one connection resets at once before it is closed. */
  grpcResets: 100,
  /** Further resets that a connection may make for each second without one. */
  grpcResetsPerSecond: 10,
  /** Calls above `grpcCallsPerConnection` that are refused before the connection is closed. */
  grpcRejectedCalls: 100,
  /** Frames that are invalid in their place. With more, the connection is closed. */
  grpcInvalidFrames: 100,
  /** Bytes per second of frames that belong to no call, such as WINDOW_UPDATE. */
  grpcControlBytes: 64 * KiB,
  /** Memory of one gRPC connection, including responses that wait for the client. */
  grpcSessionBytes: 32 * MiB,
  /** Time for starting received calls. Then other requests are served. */
  grpcSliceMs: 5,
  /** Connections of all protocols to one port. */
  connections: 4096,
  /** Size of responses that clients have not read yet, for HTTP/1.1 and gRPC each. */
  unreadBytes: 64 * MiB,
  /** Time after which a client that reads nothing of a response is disconnected. */
  unreadMs: 30_000,
  /** Time for a client to read a whole response. */
  answerMs: 300_000,
  /** Interval at which the server checks for unread responses. */
  unreadCheckMs: 1000,
  /** Time without a call after which a gRPC connection is closed. */
  grpcIdleMs: 60_000,
  /** Time between two looks at the files of the certificate of a server, and time for a health check. */
  certificateCheckMs: 10_000,
  healthMs: 10_000,
  /** Entries of one page of a list in Clair's APIs. A client that requests more gets this number and the token of the next page. */
  listedPerPage: 1000,
  /** Characters of one such page. It ends with the entry that reaches this number. */
  listCharacters: 8 * MiB,
  /** List pages that are made in parallel. */
  listsAtOnce: 2,
  /** List requests that wait for their turn. A client that waits costs less than one that retries at once. */
  listsWaiting: 2000,
  /** Time that such a request may wait. */
  listWaitMs: 20_000,
  /** Images on one page of those that a vulnerability affects. */
  affectedPerPage: 1000,
  /** Images that are read for one page of those that a token may see. The page ends there, even if it is not full. */
  imagesReadForPage: 10_000,
  /** Rows of a list that a client gets as CSV with one request. */
  csvRows: 100_000,
  /** Clients that follow events concurrently. */
  eventFollowers: 100,
  /** Notifications that some receivers have accepted and others not, as remembered by a server: about 20 MB. */
  rememberedDeliveries: 25_000,
  /** Time after which an event client that reads nothing is disconnected. */
  stalledMs: 60_000,
  /** Time for requests to finish when the server stops. */
  stopMs: 10_000,
  /** Time after that for clients to receive the response 503. */
  stopResponseMs: 500,
  /** Time for the feed thread to stop. Then it is terminated. */
  feedStopMs: 2000,
  /** Time for the whole stop of the server. A process inside a long database statement kills itself then. */
  forcedStopMs: 12_000,
  /** HTTP redirects followed for one request. */
  redirects: 5,
  /** Time without a byte after which a download fails. */
  idleMs: 30_000,
  /** Time in which a daemon may send nothing of an export. Docker prepares all of it before the first byte. */
  exportIdleMs: 600_000,
  /** Time for a whole download, including that of its reader. */
  downloadMs: 3_600_000,
  /** Size of one downloaded layer after transport decompression. */
  layerDownloadBytes: 16 * GiB,
  /** Time for reading one posted layer, including the download. It is the time that Clair's API allows a request. */
  layerMs: 900_000,
  /** Time for a detector or lister of a plugin for the files of one layer. */
  pluginMs: 10_000,
  /** Heap of the plugin thread. */
  pluginHeapBytes: 256 * MiB,
  /** Time that a thread waits for the first byte of a layer. Then it reads another layer. */
  layerGraceMs: 1000,
  /** Bytes of a layer that must arrive per `idleMs`, unless fewer are left. */
  idleBytes: 64 * KiB,
  /** Heap for the objects that reading one posted layer creates. */
  layerHeapBytes: 1 * GiB,
  /** Layers and ancestries that are still read after their clients have left, so that a retry finds them. */
  abandonedPosts: 16,
  /** Time for reading one of them after its last client left. It is the time that Clair's API allows a request. */
  abandonedPostMs: 900_000,
  /** Posted layers that wait for a thread. */
  layersWaiting: 100,
  /** Time for a thread to stop reading a layer without clients. Then it is terminated. */
  layerStopMs: 1000,
  /** Time to look up a feed's host and to connect. A resolver that queries a second server after 5 s stays within it. */
  connectMs: 8000,
  /** Time for which an unreachable feed host is not tried. */
  hostDownMs: 30_000,
  /** Unreachable hosts, while none is reachable, after which no other host is tried: there is no network. */
  offlineHosts: 3,
  /** Two such hosts are enough if they took this long together. */
  offlineMs: 10_000,
  /** Attempts of one HTTP request. */
  httpAttempts: 3,
  /** The longest `Retry-After` that is respected. */
  retryAfterMs: 60_000,
  /** CVE records that one scan requests. Large images have some hundred findings without a severity. */
  lookupsPerScan: 2000,
  /** CVE records that are requested concurrently: in general, and until the first response. */
  lookupsAtOnce: 16,
  lookupsAtFirst: 4,
  /** Consecutive CVE records that cannot be fetched before a scan requests no more. */
  lookupFailures: 5,
  /** Time for all ratings of one scan, including the KEV list and the EPSS scores of the day. */
  lookupsMs: 20_000,
  /** Time to look up one CVE record. */
  lookupMs: 5_000,
  /** Attempts of one lookup request, and the longest `Retry-After` that it respects. */
  lookupAttempts: 2,
  lookupPauseMs: 1_500,
  /** Size of one CVE record. The largest of some ten thousand real ones has 0.7 MB. */
  lookupBytes: 2 * MiB,
  /** Time for a notification receiver to respond, as in Clair. */
  deliveryMs: 5_000,
  /** Spans that wait for a trace collector. They are sent when a quarter of this number waits. */
  spansWaiting: 2048,
  /** Time that a span waits at most to be sent in a batch. */
  spanDelayMs: 5_000,
  ...storeLimits,
  /** Length to which a message cuts an invalid setting value. */
  shownValueCharacters: 100,
  /** Length of each client-chosen text in a log line. */
  logTextCharacters: 1000,
  /** Time after which an idle thread that reads layers is terminated. */
  idleThreadMs: 20_000,
  /** Size of log lines that wait while the reader of standard error is slow. */
  logBufferBytes: 4 * MiB,
  /** Time that an exiting process waits for that reader. */
  logExitMs: 1000,
  ...peopleLimits,
  ...publishedLimits,
  ...partialLimits,
  ...registryLimits,
} as const;

/** The name of a limit, as in `docs/reference/limits.md`. */
export type LimitName = keyof Omit<typeof limits, '__proto__'>;

/** The longest delay of a Node timer, in milliseconds. A longer one fires at once. */
export const timerMsMax: number = 2 ** 31 - 1;
