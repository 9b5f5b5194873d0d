const KiB = 1024;
const MiB = 1024 * KiB;

/** The limits on layers of which only parts are fetched, which are a part of `limits`. */
export const partialLimits = {
  /** Bytes at the end of a layer that are fetched at once. Small tables of contents are in them. */
  tableTailBytes: 128 * KiB,
  /** Compressed size of a table of contents. Those of 100,000 files have some 6 MiB. */
  tableStoredBytes: 64 * MiB,
  /** Size of a table of contents. */
  tableBytes: 256 * MiB,
  /** Entries of a table of contents. */
  tableEntries: 1_000_000,
  /** Compressed size below which a layer is fetched whole: parts of it would not be faster. */
  partialLayerBytes: MiB,
  /** Unneeded bytes between two parts that are fetched rather than asking once more. */
  partialGapBytes: 128 * KiB,
  /** Parts of a layer that are asked for at once. Files between them are fetched, too. */
  partialRangesPerStep: 20,
  /** Parts of a layer that are asked for in all. Each further step then has two. */
  partialRangesPerLayer: 26,
  /** Requests for parts of a layer at a time. */
  partialRequestsAtOnce: 4,
  /** Percentage of the bytes of a layer above which it is fetched whole. */
  partialSharePercent: 50,
  /** Size of all files of a layer that are held for its listers, and bytes that are inflated for them. */
  partialContentBytes: 512 * MiB,
  /** Inflated bytes before a file in its member of gzip. Writers of eStargz put small files together up to some KiB. */
  partialInnerBytes: 16 * MiB,
  /** Stored bytes of a layer between two checkpoints of its extract, at least. */
  checkpointBytes: 2 * MiB,
  /** Bytes of the archive after which a checkpoint is made in any case: layers of zeros have few stored bytes. */
  checkpointInflatedBytes: 16 * MiB,
  /** A part has at least the bytes before it, divided by this number. So a layer of 64 GiB has 2,600 checkpoints. */
  checkpointsPerSize: 512,
  /** Compressed size of all checkpoints of a layer. */
  checkpointIndexBytes: 16 * MiB,
  /** Bytes of parts of a layer that complete its extract. They are held in memory. */
  checkpointFetchedBytes: 64 * MiB,
  /** Bytes of the archive between two checkpoints that are inflated at once. */
  checkpointPartBytes: 64 * MiB,
} as const;
