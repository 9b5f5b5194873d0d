/**
 * The pieces of versions as they are compared one after the other, for people who want to see what decided. Numbers are pieces
 * of digits, an empty piece is nothing where the other version may have something.
 */

/** Parts of a version, such as epoch, upstream version and revision, each in pieces. */
export type Segments = readonly (readonly string[])[];

/** Runs of digits and runs of letters; everything else character by character. */
export function runs(text: string): string[] {
  return text.match(/\d+|[a-z]+|[^\da-z]/gi) ?? [];
}

/** As `runs`, for versions that may begin with a `v` that says nothing. */
export function plainSegments(version: string): Segments {
  return [runs(version.trim().replace(/^v(?=\d)/i, ''))];
}

/** `[epoch:]upstream[-revision]`, each of text and number in turn, as dpkg reads it. */
export function debianSegments(version: string): Segments {
  const { epoch, upstream, revision } = parted(version.trim());
  return [[epoch], textAndNumbers(upstream), textAndNumbers(revision)];
}

/** `[epoch:]version[-release]`, of runs, `~` and `^`; what else separates runs says nothing to rpm. */
export function rpmSegments(version: string): Segments {
  const { epoch, upstream, revision } = parted(version);
  const pieces = (text: string): string[] => text.match(/\d+|[a-z]+|[~^]/gi) ?? [];
  return [[epoch], pieces(upstream), pieces(revision)];
}

/** Components with their dots, letter, suffixes, hash and revision, as apk reads them. */
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
