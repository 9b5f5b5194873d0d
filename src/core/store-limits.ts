const MiB = 1024 * 1024;

/** The limits on the database and on what it keeps of images. They are a part of `limits`. */
export const storeLimits = {
  /** Length of the packages of an image as JSON, with which it is described in the database. 3,000 packages have 1.5 million characters. */
  describedCharacters: 8 * MiB,
  /** Length of the matches of such an image as JSON. A thousand matches have about a million characters. */
  rememberedMatchCharacters: 4 * MiB,
  /** Matches of package sets that a store holds in memory, with one more for each set. They take some tens of megabytes. */
  cachedMatches: 20_000,
  /** Memory of documents that a server has sent, and that hold until the store changes. A document counts twice. */
  keptDocumentBytes: 32 * MiB,
  /** Bytes of the extract of a layer, by default. Those of distributions have up to some megabytes. */
  extractBytes: 32 * MiB,
  /** Time for which a bucket of extracts that did not answer is not asked again. */
  extractPauseMs: 60_000,
  /** Time for an S3 server to accept a connection. */
  extractConnectMs: 5_000,
  /** Time without a byte from an S3 server. */
  extractIdleMs: 10_000,
  /** Time for a whole request to an S3 server. */
  extractMs: 60_000,
  /** Attempts of a request that an S3 server is too busy for. */
  extractAttempts: 2,
  /** Longest pause before another attempt. */
  extractRetryMs: 2_000,
  /** Bytes of an error of an S3 server. */
  extractErrorBytes: 8 * 1024,
  /** Time to wait while another process writes to the database. The longest writes take seconds. */
  storeBusyMs: 60_000,
  /** Time between two statements of a transaction. Then the database server rolls it back. */
  storeIdleTransactionMs: 10_000,
  /** The same while a feed is downloaded and staged. Nothing else waits for such a transaction. */
  storeStagingIdleMs: 3_600_000,
  /** Time without a sign of life after which a connection between a client and the database server is closed. */
  storeKeepAliveMs: 10_000,
  /** Time for a database server to accept a connection. */
  storeConnectMs: 10_000,
  /** Time for a lost database server to return. A restart takes seconds. */
  storeReconnectMs: 20_000,
  /** Time for which a server that starts waits for its database server. Then the process ends. */
  storeStartMs: 120_000,
  /** Longest pause between two attempts of a server that starts. */
  storeStartPauseMs: 10_000,
  /** Time that a reading request waits for a database that is unavailable or locked. */
  storeReadWaitMs: 500,
  /** Time that a writing request waits for a database that is unavailable or locked. */
  storeWriteWaitMs: 15_000,
  /** Queries that wait for a database that is unavailable or locked. Others fail at once. */
  storeWaiting: 500,
  /** Time for the database to answer a health check. */
  storePingMs: 700,
  /** Age of the last proof that a replica has all writes of other servers. */
  replicaCheckMs: 1_000,
  /** Time that a read waits for a replica that lacks a write. */
  replicaWaitMs: 50,
  /** Time without a new check of a replica that lacks a write or cannot be reached. */
  replicaRetryMs: 250,
  /** Age of the last check whether a later version has changed the tables, above which a read repeats it. */
  schemaCheckMs: 5_000,
  /** Time that a migration waits for a table that another process reads. Meanwhile, further readers of the table wait for the migration. */
  schemaLockMs: 2_000,
  /** Pause before it tries again. Readers go on meanwhile. */
  schemaLockPauseMs: 5_000,
  /** Time for which it tries again. A load of a feed reads its tables for as long as it downloads. */
  schemaLockTotalMs: 30 * 60_000,
  /** Difference of the clocks of a server and its database above which the server warns at its start. */
  clockDifferenceMs: 5000,
  /** Time without a query result after which the database server is probed. */
  storeSilentMs: 500,
  /** Time for the probe. Then the database server counts as unavailable. */
  storeProbeMs: 2_000,
  /** Time for one query of a request. Then the database server is asked to cancel it. */
  storeQueryMs: 30_000,
  /** Pause between attempts to reach an unavailable database server. */
  storeProbePauseMs: 250,
  /** Longest pause before a user's change that conflicts with another server's is retried. */
  conflictPauseMs: 50,
  /** Runs of a job in a row that fail before its state is `failed`. */
  jobAttempts: 5,
  /** Runs of a scan of an image of a registry that fail before the scan has failed. */
  scanAttempts: 3,
  /** Times that walks through a registry run a failed scan again, and the wait for the first time, which doubles with each. */
  scanRepetitions: 5,
  scanRepeatMs: 30 * 60_000,
  /** Time from the request of a scan that comes with credentials until it must have begun. Then it fails, and they are deleted. */
  orderedScanMs: 30 * 60_000,
  /** Time for which the outcome of such a scan is kept. Clients fetch it within seconds. */
  orderedScanKeptMs: 2 * 3_600_000,
  /** Days for which the sums of all findings are kept, one row for each. */
  findingDays: 400,
  /** Days for which the images and vulnerabilities are kept that changed findings, one row for each. */
  findingChangeDays: 31,
  /** Days for which the ages of closed findings are kept. */
  closedFindingDays: 90,
  /** Paths whose ages of findings are read for one answer. Each takes some kilobytes. */
  readAgePaths: 200,
  /** Events or notifications that are read for one page of a list with a filter. */
  listedEvents: 10_000,
  /** Events that are counted by day. Vendors change some thousand records a day. */
  countedEvents: 500_000,
  /** Events of one day that are counted by severity. */
  eventsOfDay: 50_000,
  /** Length of the document from which reports of such an image are made again. A thousand layers have about a million characters. */
  imageSourceCharacters: 4 * MiB,
  /** Names of one image that lists show. */
  shownImageNames: 20,
  /** Default number of connections to a database server. */
  storeConnections: 16,
} as const;
