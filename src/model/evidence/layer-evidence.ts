import type { EvidenceKind } from './kinds.ts';

/** Pieces of evidence of one kind, by the paths at which the layer has them. */
export interface EvidencePaths {
  readonly kind: EvidenceKind;
  readonly paths: readonly string[];
}

/** A link that is evidence by its name, or a hard link that is as much evidence as the file it shares its bytes with. */
export type EvidenceLink =
  | {
      readonly by: 'symbolic-link';
      readonly kind: EvidenceKind;
      readonly path: string;
      readonly target: string;
    }
  | { readonly by: 'hard-link'; readonly path: string; readonly target: string };

/** Evidence of packages that are not listed: what one layer adds and removes. */
export interface LayerEvidence {
  readonly found: readonly EvidencePaths[];
  readonly links: readonly EvidenceLink[];
  /** Whiteouts and opaque directories besides those that matter to the wanted paths. */
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  /** Kinds of which the layer holds more than was kept. */
  readonly cut: readonly EvidenceKind[];
}

/** No evidence. */
export const noEvidence: LayerEvidence = { found: [], links: [], whiteouts: [], opaques: [], cut: [] };
