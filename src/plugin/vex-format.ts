import type { Report } from '../model/report.ts';

/** Who issues a document, and when. */
export interface Issue {
  /** A person or an organisation. */
  readonly author: string;
  /** RFC 3339, to the second. */
  readonly time: string;
}

/** A way to say to others by what an image is affected, and by what it is not. */
export interface VexFormat {
  readonly name: string;
  readonly mediaType: string;
  /** The document in pieces, to be joined as they are. */
  write(report: Report, issue: Issue): Iterable<string>;
}
