const KiB = 1024;
const MiB = 1024 * KiB;

/** The limits on published databases, which are a part of `limits`. */
export const publishedLimits = {
  /** Size of the catalogue of a published database, inflated or not, and of the index of its layout. Real ones have under 1 MiB. */
  catalogueBytes: 16 * MiB,
  /** Namespaces of a published database. */
  shards: 1000,
  /** Feeds that its publisher did not find. */
  absentFeeds: 10_000,
  /** Size of the advisories of one namespace as a file. The largest real one has 45 MB. */
  shardBytes: 256 * MiB,
  /** Size of a document that proves who published a database. Real ones have a few kilobytes. */
  trustDocumentBytes: 512 * KiB,
  /** Size of the one among them that every publication replaces. */
  timestampDocumentBytes: 16 * KiB,
  /** Size of the file with the documents of the last trusted version. */
  trustStateBytes: 4 * MiB,
  /** Key files in a directory of keys, and keys of one role. */
  signingKeys: 64,
  /** Size of a key file, and of the output of a signing command. */
  signingKeyBytes: 64 * KiB,
  /** Time of a signing command for one signature. */
  signerMs: 120_000,
  /** Patches that lead to one file. A publisher makes them from the last seven versions. */
  patchesPerShard: 8,
  /** Size of a patch. Those of a day have some hundred kilobytes. */
  patchBytes: 64 * MiB,
  /** Attempts of one request to a place. Then the next place is asked. */
  placeAttempts: 2,
  /** The longest `Retry-After` of a place that is respected. */
  placePauseMs: 1_500,
} as const;
