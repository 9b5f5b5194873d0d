const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Every limit on what comes from outside, in one place. Units are last in the names. */
export const limits = {
  /** A version key longer than this is no key: PostgreSQL refuses index entries over 2,704 bytes for a whole tuple. */
  versionKeyBytes: 512,
  /** Uncompressed bytes of one layer. */
  layerBytes: 64 * GiB,
  /** Uncompressed bytes per compressed byte, over a whole layer; real layers stay under 200. */
  inflateRatio: 1000,
  /** Before this many uncompressed bytes the ratio is not judged: a small layer of zeros is harmless. */
  inflateRatioFromBytes: 64 * MiB,
  /** Inflated bytes an xz decoder keeps to refer back to: twice what `xz -9` needs, as much as Node's zstd allows. */
  inflateWindowBytes: 128 * MiB,
  /** All wanted files of one layer together; the databases of large real systems have some tens of megabytes. */
  keptLayerBytes: 96 * MiB,
  /** The same while another layer is read on another thread; a layer that has more is read once more by itself. */
  threadKeptBytes: 32 * MiB,
  /** A release file; real ones are under 2 KiB. */
  releaseFileBytes: 64 * KiB,
  /** Packages of one database; real systems have under ten thousand. */
  packagesPerFile: 20_000,
  /** Files owned by packages that one lister keeps of one layer; large real systems have under ten thousand. */
  ownedFilesPerLayer: 100_000,
  /** The characters of all their paths together. */
  ownedPathCharactersPerLayer: 32 * MiB,
  /** Diversions of dpkg; real systems have under a hundred. */
  diversions: 10_000,
  /** Pieces of evidence of what is not listed that are kept of one layer, links included; large real layers have some thousands. */
  evidencePerLayer: 20_000,
  /** The characters of their paths and of what links lead to. */
  evidenceCharactersPerLayer: 4 * MiB,
  /** Whiteouts and opaque directories that are kept because they may hide evidence in layers below. */
  evidenceMarkersPerLayer: 20_000,
  /** Evidence of all layers of an image. */
  evidencePerImage: 500_000,
  /** Paths that coverage names as samples of one kind of evidence. */
  evidencePaths: 20,
  /** The beginning of a program, which says what it is. */
  programHeadBytes: 4 * KiB,
  /** So much of a program is looked through for what tells a Rust program; that lies before the code or behind it. */
  programBytes: 16 * MiB,
  /** Files and directories of a root file system on disk that are looked at for evidence. */
  directoryEntries: 1_000_000,
  /** A file that states the licences of one package; those of Boost have 2 MB. */
  licenseFileBytes: 4 * MiB,
  /** All such files of one layer; the rest is not read. */
  licenseBytesPerLayer: 128 * MiB,
  /** Such files and links to them kept of one layer; large real systems have some thousands. */
  licenseFilesPerLayer: 20_000,
  /** Licences kept of one package. */
  licensesPerPackage: 200,
  /** The characters of all licences of one layer. */
  licenseCharactersPerLayer: 2 * MiB,
  /** The characters of all names that the packages of one database require and provide; large real ones have one or two millions. */
  dependencyCharactersPerFile: 8 * MiB,
  /** The same and the characters of all licences, over all layers of an image; real images have some tens of megabytes. */
  imageDetailCharacters: 512 * MiB,
  /** Dependencies between the packages of one image; large real ones have some ten thousand. */
  dependenciesPerImage: 500_000,
  /** The header of one rpm package; that of a package of 100,000 files has some 13 MB. */
  rpmHeaderBytes: 16 * MiB,
  /** A manifest of Chisel, decompressed; real ones have under a megabyte. */
  chiselBytes: 64 * MiB,
  /** Lines of a manifest of Chisel, of which there is one a file. */
  chiselLines: 1_000_000,
  /** One such line; real ones have some hundred. */
  chiselLineCharacters: 64 * KiB,
  /** Content sets of one manifest; real ones have under a hundred. */
  contentSets: 10_000,
  /** Rows of one table of a history of dnf. */
  dnfHistoryRows: 100_000,
  /** Problems told of one file. */
  problemsPerFile: 20,
  /** Members of an archive that may hold an image. */
  archiveMembers: 20_000,
  /** The characters of their names; real ones have under a hundred each. */
  archiveNameCharacters: 16 * MiB,
  /** Bytes of an image that is piped into the command, which are kept in a temporary file. */
  spooledInputBytes: 64 * GiB,
  /** Documents kept of a compressed archive while its members are listed. */
  archiveDocumentBytes: 64 * MiB,
  /** Archive members of one layer. */
  layerEntries: 10_000_000,
  /** Oddities of one layer that are told one by one. */
  remarks: 100,
  /** Whiteouts, links and wanted files one layer may hold; large real ones have some thousands. */
  layerMarks: 20_000,
  /** The characters of their names and of what links lead to. */
  layerMarkCharacters: 2 * MiB,
  /** Things that are kept of all layers of an image: such marks, packages, and files that packages own. */
  imageThings: 200_000,
  /** Packages of one image; large real ones have some thousands. */
  imagePackages: 40_000,
  /** Places outside of what extensions want that links of one image lead to. */
  linkedPlaces: 1000,
  /** The characters of their paths; those of real images have some thousand together. */
  linkedPlaceCharacters: 64 * KiB,
  /** Times the layers of one image are read because links lead elsewhere. */
  readings: 8,
  pathBytes: 4096,
  /** A pax header or a GNU long name. */
  tarMetadataBytes: 1 * MiB,
  /** Symbolic links followed on one path, as the kernel. */
  linkDepth: 40,
  layersPerImage: 1000,
  /** Layers of one ancestry that are read at the same time. */
  ancestryLayersAtOnce: 4,
  /** The name of an ancestry, or what a client calls a layer of it: with four bytes each it fits into an index of any engine. */
  ancestryNameCharacters: 500,
  /** A manifest, index or image configuration. */
  manifestBytes: 8 * MiB,
  /** A report that was written earlier and is compared with. The largest of our corpus has 3 MiB. */
  reportBytes: 256 * MiB,
  /** How deep arrays and objects lie in a JSON document; real ones have under ten. */
  documentDepth: 100,
  /** A smaller document of a feed, of which archives have tens of thousands, may be deeper: that takes some tens of megabytes at most. */
  documentDepthFromBytes: 1 * MiB,
  /** An inventory of an image; one of 50,000 components has some 50 MB, which take 600 MB of memory. */
  sbomBytes: 256 * MiB,
  /** Components of one inventory, files included; large real ones have some ten thousand. */
  sbomComponents: 500_000,
  /** Names of one image; real ones have under ten. */
  imageNames: 50,
  /** One of them: a host, a repository of 255 characters and a tag of 128. */
  imageNameCharacters: 512,
  /** Images of one index that `--platform all` scans; large real ones have some ten. */
  platformsPerImage: 100,
  /** Manifests that point to manifests. */
  indexDepth: 5,
  /** Indexes read of one image of a registry. */
  indexesPerImage: 100,
  /** What a registry says of a failure, and a token. */
  registryAnswerBytes: 256 * KiB,
  /** A file of credentials, and what a helper prints. */
  credentialBytes: 1 * MiB,
  /** A helper that is asked for credentials; it may ask its user. */
  credentialHelperMs: 60_000,
  /** A list of packages that is attached to an image of a registry. */
  attachedSbomBytes: 64 * MiB,
  /** One feed, uncompressed; Red Hat's archive has tens of gigabytes. */
  feedBytes: 128 * GiB,
  /** One record of a feed. */
  feedRecordBytes: 64 * MiB,
  /** Records of one feed; the largest real ones have under a million. */
  feedRecords: 10_000_000,
  /** Elements of one record of an XML feed; the largest real ones have some ten thousand. */
  xmlRecordElements: 500_000,
  /** One tag with its attributes, one text or one comment of an XML feed. */
  xmlTokenChars: 4 * MiB,
  /** Elements inside each other in an XML feed. */
  xmlDepth: 100,
  /** A file of options of the command line; real ones have some lines. */
  optionFileBytes: 256 * KiB,
  /** A file of rules on what is not counted. */
  ignoreFileBytes: 1 * MiB,
  /** Rules of one such file. */
  ignoreRules: 10_000,
  /** Values that aliases of YAML may stand for in it. */
  ignoreAliases: 1000,
  /** Values that aliases of YAML may stand for in the configuration of a server. */
  configAliases: 1000,
  /** One document of VEX; the largest real ones have some tens of megabytes. */
  vexDocumentBytes: 128 * MiB,
  /** Documents of VEX below one directory; Red Hat has under a hundred thousand. */
  vexDocuments: 500_000,
  /** Products of all VEX statements on the vulnerabilities of one image. */
  vexProducts: 1_000_000,
  /** Constraints of one range of versions in VERS; real ones have under a hundred. */
  versConstraints: 256,
  /** Objects and lists inside each other in a request; Node cannot write back much more than three thousand. */
  jsonDepth: 1000,
  /** What is read of the body of a request, as Clair. */
  requestBodyBytes: 1 * MiB,
  /** A larger body takes milliseconds to parse: such bodies are parsed one by one, with other requests in between. */
  largeBodyBytes: 32 * KiB,
  /** Header lines of a request. */
  requestHeaders: 100,
  /** All of them together. */
  requestHeaderBytes: 16 * KiB,
  /** Time in which the header lines of a request have to come. */
  requestHeadersMs: 15_000,
  /** Time in which a whole request has to come. */
  requestMs: 60_000,
  /** Time for which the rest of an unreadable request is thrown away, so that its client can read the answer. */
  lingerMs: 1000,
  /** Calls of gRPC that one connection may have under way. */
  grpcCallsPerConnection: 100,
  /** Calls of gRPC that are open on all connections together. */
  grpcCalls: 1000,
  /** Connections of gRPC. */
  grpcConnections: 256,
  /** Calls that one connection resets at once before it is closed. */
  grpcResets: 100,
  /** Resets that it may make again for each second without one. */
  grpcResetsPerSecond: 10,
  /** Calls over `grpcCallsPerConnection` that are refused before the connection is closed. */
  grpcRejectedCalls: 100,
  /** Frames that are not allowed where they stand; with more the connection is closed. */
  grpcInvalidFrames: 100,
  /** Bytes a second of frames that belong to no call, such as WINDOW_UPDATE. */
  grpcControlBytes: 64 * KiB,
  /** Memory of one connection of gRPC, answers that wait for the client included. */
  grpcSessionBytes: 32 * MiB,
  /** Calls that have come are begun for so long; then other requests have their turn. */
  grpcSliceMs: 5,
  /** Connections of all protocols to one port. */
  connections: 4096,
  /** Bytes of answers that clients have not taken yet, HTTP/1.1 and gRPC each. */
  unreadBytes: 64 * MiB,
  /** A client that takes nothing of an answer for so long is disconnected. */
  unreadMs: 30_000,
  /** Time in which a client has to take an answer. */
  answerMs: 300_000,
  /** How often unread answers are looked for. */
  unreadCheckMs: 1000,
  /** A connection of gRPC without a call is closed after so long. */
  grpcIdleMs: 60_000,
  /** Time in which the health check has to have its answer. */
  healthMs: 10_000,
  /** Entries on one page of a list of Clair's APIs. A client that asks for more gets these and the token of the next page. */
  listedPerPage: 1000,
  /** Characters of one such page, which ends with the entry that reaches them. */
  listCharacters: 8 * MiB,
  /** Pages of lists that are made at once. */
  listsAtOnce: 2,
  /** Requests for lists that wait for their turn: a client that waits costs less than one that asks again at once. */
  listsWaiting: 2000,
  /** Time that such a request may wait. */
  listWaitMs: 20_000,
  /** Images on one page of those that a vulnerability affects. */
  affectedPerPage: 1000,
  /** Clients that follow events at once. */
  eventFollowers: 100,
  /** Notifications of which a server knows which receivers have taken them while others have not: some 20 MB. */
  rememberedDeliveries: 25_000,
  /** A client that takes nothing of a stream of events for so long is left. */
  stalledMs: 60_000,
  /** Time that requests are given to end when the server is told to stop. */
  stopMs: 10_000,
  /** A thread that loads feeds, and does not stop within this, is ended. */
  feedStopMs: 2000,
  /** A server that has not stopped within this, as it is inside a long statement of its database, kills itself. */
  forcedStopMs: 12_000,
  /** HTTP redirects followed for one request. */
  redirects: 5,
  /** No byte for this long ends a download. */
  idleMs: 30_000,
  /** A daemon may send nothing of an export for so long: Docker lays all of it ready before the first byte. */
  exportIdleMs: 600_000,
  /** A whole download, with what the reader does in between. */
  downloadMs: 3_600_000,
  /** Bytes of one layer that is downloaded, free of transport compression. */
  layerDownloadBytes: 16 * GiB,
  /** Reading one posted layer, download included; as long as Clair's API lets a request take. */
  layerMs: 900_000,
  /** Time that a detector or lister of a plugin takes for the files of one layer. */
  pluginMs: 10_000,
  /** The heap of the thread on which they work. */
  pluginHeapBytes: 256 * MiB,
  /** A thread waits so long for the first byte of a layer, then another layer has it. */
  layerGraceMs: 1000,
  /** So many bytes of a layer have to come within `idleMs`, or all that is left of it. */
  idleBytes: 64 * KiB,
  /** Memory for the objects that reading one posted layer makes. */
  layerHeapBytes: 1 * GiB,
  /** Layers and ancestries that are read on after their clients have left, so that a retry finds them. */
  abandonedPosts: 16,
  /** Reading one of them on; as long as Clair's API lets a request take. */
  abandonedPostMs: 900_000,
  /** Posted layers that wait for a thread. */
  layersWaiting: 100,
  /** A thread that reads a layer nobody wants any more and does not stop for so long is ended. */
  layerStopMs: 1000,
  /** Looking up a feed's host and connecting to it; a resolver that asks a second server after 5 s still gets through. */
  connectMs: 8000,
  /** A host that could not be reached is not asked for another feed for this long. */
  hostDownMs: 30_000,
  /** After so many hosts that cannot be reached, and none that can, no other is tried: there is no network. */
  offlineHosts: 3,
  /** Two such hosts are enough when they took this long together. */
  offlineMs: 10_000,
  /** Times one HTTP request is made before it is given up. */
  httpAttempts: 3,
  /** The longest `Retry-After` that is waited for. */
  retryAfterMs: 60_000,
  /** CVE records that one scan asks for; large images have some hundred findings without a severity. */
  lookupsPerScan: 2000,
  /** CVE records that are asked for at the same time, and before the first answer has come. */
  lookupsAtOnce: 16,
  lookupsAtFirst: 4,
  /** CVE records that could not be fetched, one after another, before a scan asks for no more. */
  lookupFailures: 5,
  /** Looking up all ratings of one scan, with the KEV list and the EPSS scores of the day. */
  lookupsMs: 20_000,
  /** Looking up one CVE record. */
  lookupMs: 5_000,
  /** Times one request of a lookup is made, and the longest `Retry-After` that it waits for. */
  lookupAttempts: 2,
  lookupPauseMs: 1_500,
  /** One CVE record; the largest of some ten thousand real ones has 0.7 MB. */
  lookupBytes: 2 * MiB,
  /** A receiver of a notification that does not answer for so long has failed, as in Clair. */
  deliveryMs: 5_000,
  /** Spans that wait to be sent to a collector of traces; they are sent when there is a quarter of them. */
  spansWaiting: 2048,
  /** A span waits no longer than this for others that are sent with it. */
  spanDelayMs: 5_000,
  /** A database that somebody else is writing is waited for as long; the longest writes take seconds. */
  storeBusyMs: 60_000,
  /** A database server that does not answer a new connection is given up. */
  storeConnectMs: 10_000,
  /** A database server that was there and went away is waited for as long; a restart takes seconds. */
  storeReconnectMs: 20_000,
  /** A request that only reads waits this long for a database that is away or locked. */
  storeReadWaitMs: 500,
  /** A request that changes something waits this long for a database that is away or locked. */
  storeWriteWaitMs: 15_000,
  /** Queries that wait for a database at the same time while it is away or locked; any other fails at once. */
  storeWaiting: 500,
  /** A health check gives the database this long. */
  storePingMs: 700,
  /** A database server that answers no query for this long is asked whether it is there. */
  storeSilentMs: 500,
  /** A database server that does not answer such a question in this time is away. */
  storeProbeMs: 2_000,
  /** A database server that is away is looked for at these intervals. */
  storeProbePauseMs: 250,
  /** A user's change that met with another server's is tried again after up to this. */
  conflictPauseMs: 50,
  /** Connections to a database server, where the configuration says nothing. */
  storeConnections: 16,
  /** Characters of a wrong value of a setting that a message repeats. */
  shownValueCharacters: 100,
  /** Characters of each text in a log line that a client chose. */
  logTextCharacters: 1000,
  /** A thread that reads layers is ended when it has had no layer for this time. */
  idleThreadMs: 20_000,
  /** Bytes of log lines that wait while the reader of standard error is slow. */
  logBufferBytes: 4 * MiB,
  /** Time that an exiting process waits for that reader. */
  logExitMs: 1000,
} as const;

/** One of them. */
export type LimitName = keyof typeof limits;

/** Longer timers of Node end at once. */
export const timerMsMax: number = 2 ** 31 - 1;
