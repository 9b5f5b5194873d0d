const KiB = 1024;
const MiB = 1024 * KiB;

/** The limits on signatures of published databases, which are a part of `limits`. Real documents have a few kilobytes. */
export const trustLimits = {
  /** Size of a document that proves who published a database. */
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
} as const;
