/**
 * Splits versions into the pieces that compare one after the other, to show which piece decided. Numbers are pieces of
 * digits. An empty piece is a place where the other version may have one.
 */

/** Parts of a version, such as epoch, upstream version and revision, each split into pieces. */
export type Segments = readonly (readonly string[])[];

/** Splits a text into runs of digits, runs of letters and single other characters. */
export function runs(text: string): string[] {
  return text.match(/\d+|[a-z]+|[^\da-z]/gi) ?? [];
}

/** Splits like `runs`, without a leading `v`. */
export function plainSegments(version: string): Segments {
  return [runs(version.trim().replace(/^v(?=\d)/i, ''))];
}

/** Splits `[epoch:]upstream[-revision]` into text and number alternately, as dpkg reads it. */
export function debianSegments(version: string): Segments {
  const { epoch, upstream, revision } = parted(version.trim());
  return [[epoch], textAndNumbers(upstream), textAndNumbers(revision)];
}

/** Splits `[epoch:]version[-release]` into runs, `~` and `^`. rpm ignores other separators. */
export function rpmSegments(version: string): Segments {
  const { epoch, upstream, revision } = parted(version);
  const pieces = (text: string): string[] => text.match(/\d+|[a-z]+|[~^]/gi) ?? [];
  return [[epoch], pieces(upstream), pieces(revision)];
}

/** Splits into components with their dots, letter, suffixes, hash and revision, as apk reads them. */
export function alpineSegments(version: string): Segments {
  return [version.match(/\.?\d+|_[a-z]+|-r|~[\da-f]+|[a-z]|[^\da-z]/g) ?? []];
}

function parted(version: string): {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
} {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const hyphen = rest.lastIndexOf('-');
  return hyphen < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) };
}

function textAndNumbers(text: string): string[] {
  return [...text.matchAll(/(\D*)(\d*)/g)].flatMap(([pair, words = '', digits = '']) =>
    pair === '' ? [] : [words, digits],
  );
}
