/** How a gzip stream is divided between two threads. */
export interface SplitPlan {
  /** Stored bytes of a part, a multiple of `gridBytes`. The second thread inflates every other part. */
  readonly partBytes: number;
  /** Inflated bytes that the second thread may be ahead. Must exceed what a part usually inflates to. */
  readonly aheadBytes: number;
  /** Stored bytes in which the start of a block is looked for. */
  readonly searchBytes: number;
  /** Stored bytes that a candidate must inflate. Archives inside of stored blocks look right for up to 64 KiB. */
  readonly trialBytes: number;
  /** Inflated bytes after which a window that is still unknown is given up. */
  readonly unknownBytes: number;
  /** Positions at which the second thread notes what it has inflated, so that limits on the ratio hold as with one thread. */
  readonly gridBytes: number;
}

const kib = 1024;
const mib = 1024 * kib;

/** The plan for files. Larger parts need more memory. In smaller ones, more is inflated twice. */
export const splitPlan: SplitPlan = {
  partBytes: 8 * mib,
  aheadBytes: 32 * mib,
  searchBytes: mib,
  trialBytes: 160 * kib,
  unknownBytes: 4 * mib,
  gridBytes: mib,
};
