import { tool } from '../../../report/report-text.ts';
import type { HarborScanKind } from './media-types.ts';

/** The scanner, as Harbor shows it. */
export const harborScanner = { name: 'Clair', vendor: 'clair-ts', version: tool.version } as const;

/** The request of a client, as the job keeps it. */
export interface HarborSubject {
  readonly repository: string;
  readonly digest: string;
  /** Media type of the manifest. Empty if the client gave none. */
  readonly mimeType: string;
  readonly kinds: readonly HarborScanKind[];
}

/** The facts that every document for Harbor states. */
export interface HarborDocument {
  readonly subject: HarborSubject;
  readonly now: Date;
}

/** Returns the first members of a document. Harbor compares the times of documents as texts. */
export function documentHead({ subject, now }: HarborDocument): object {
  const { repository, digest, mimeType } = subject;
  return {
    generated_at: now.toISOString(),
    artifact: { repository, digest, ...(mimeType !== '' && { mime_type: mimeType }) },
    scanner: harborScanner,
  };
}
