/** Compressed bytes are invalid. `position` counts compressed bytes from their start, approximately. */
export class InflateError extends Error {
  readonly reason: string;
  readonly position: number;

  /** `name` is the name of the file, if it is known. */
  constructor(reason: string, position: number, name?: string, options?: { readonly cause?: unknown }) {
    const what = name === undefined ? '' : `${name} cannot be decompressed: `;
    super(`${what}${reason}, near byte ${position} of the compressed data`, options);
    this.name = 'InflateError';
    this.reason = reason;
    this.position = position;
  }
}
