import type { Report } from '../model/report.ts';

/** The author and time of a VEX document. */
export interface Issue {
  /** A person or an organisation. */
  readonly author: string;
  /** RFC 3339, to the second. */
  readonly time: string;
}

/** An output format of VEX documents: which vulnerabilities affect an image, and which do not. */
export interface VexFormat {
  readonly name: string;
  readonly mediaType: string;
  /** Yields the document in chunks, to concatenate without separators. */
  write(report: Report, issue: Issue): Iterable<string>;
}
