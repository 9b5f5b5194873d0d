/** Compressed bytes that are not what they claim to be. `position` counts compressed bytes from their start, as near as is known. */
export class InflateError extends Error {
  readonly reason: string;
  readonly position: number;

  /** `name` tells of which file, where that is known. */
  constructor(reason: string, position: number, name?: string, options?: { readonly cause?: unknown }) {
    const what = name === undefined ? '' : `${name} cannot be decompressed: `;
    super(`${what}${reason}, near byte ${position} of the compressed data`, options);
    this.name = 'InflateError';
    this.reason = reason;
    this.position = position;
  }
}
