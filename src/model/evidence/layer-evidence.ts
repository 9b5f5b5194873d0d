import type { EvidenceKind } from './kinds.ts';

/** Pieces of evidence of one kind, by their paths in the layer. */
export interface EvidencePaths {
  readonly kind: EvidenceKind;
  readonly paths: readonly string[];
}

/** A link that is evidence by its name, or a hard link to a file that is. */
export type EvidenceLink =
  | {
      readonly by: 'symbolic-link';
      readonly kind: EvidenceKind;
      readonly path: string;
      readonly target: string;
    }
  | { readonly by: 'hard-link'; readonly path: string; readonly target: string };

/** Evidence of unlisted packages that one layer adds and removes. */
export interface LayerEvidence {
  readonly found: readonly EvidencePaths[];
  readonly links: readonly EvidenceLink[];
  /** Whiteouts and opaque directories besides those that affect the wanted paths. */
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  /** Kinds of which the layer holds more than were kept. */
  readonly cut: readonly EvidenceKind[];
}

/** A layer without evidence. */
export const noEvidence: LayerEvidence = { found: [], links: [], whiteouts: [], opaques: [], cut: [] };
