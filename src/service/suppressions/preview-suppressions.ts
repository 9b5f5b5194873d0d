import { limits } from '../../core/limits.ts';
import {
  decisionReason,
  indexSuppressions,
  type StatedDecision,
  type SuppressionIndex,
  type Suppressions,
  suppressionsOn,
} from '../../match/suppress/decide.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import { comparableName } from '../../model/cve.ts';
import type { Match } from '../../model/report.ts';
import { type AffectedEntry, affectedBy, type RatedImagesDeps } from '../notifications/affected-images.ts';
import { affectedSubjects } from './counting-findings.ts';

/** A finding of an image that a document would suppress. */
export interface PreviewedFinding {
  readonly image: { readonly digest: string | null; readonly names: readonly string[] };
  readonly vulnerability: string;
  readonly severity: Match['vulnerability']['severity'];
  readonly package: Pick<Match['package'], 'type' | 'name' | 'version' | 'purl'>;
  /** Why it would be suppressed. */
  readonly reason: string;
}

/** The effect that a document would have now. */
export interface SuppressionPreview {
  /** Number of findings that count now and would not. */
  readonly findings: number;
  /** Number of images that have them. */
  readonly images: number;
  /** Whether all images were examined for all rules and statements. Otherwise the numbers are the least that it would be. */
  readonly complete: boolean;
  /** Rules that name no single vulnerability, and are not in the numbers. */
  readonly notPreviewed: readonly string[];
  /** The first of these findings. */
  readonly rows: readonly PreviewedFinding[];
}

/** Dependencies of `previewSuppressions`. */
export interface PreviewDeps extends RatedImagesDeps {
  readonly now: () => Date;
}

/** Number of findings that a preview lists. */
const shownFindings = 100;

/**
 * Returns the effect that rules and statements would have now besides those that apply. Looks up the images of each vulnerability that they
 * name, at most `limits.previewedIds` vulnerabilities and `limits.previewedImages` images in all. Images of which no scan has read the content
 * are not examined.
 */
export async function previewSuppressions(
  { rules, statements }: Suppressions,
  deps: PreviewDeps,
): Promise<SuppressionPreview> {
  const today = deps.now().toISOString().slice(0, 10);
  const applying = rules.filter((rule) => isUnexpired(rule, today));
  const named = applying.filter(({ id }) => id !== undefined && !id.includes('*'));
  const unnamed = applying.filter((rule) => !named.includes(rule));
  const ids = distinctNames([...named.flatMap(({ id = [] }) => id), ...statements.flatMap((one) => one.ids)]);
  const effect = new Effect(indexSuppressions({ rules: named, statements }), deps);
  const isComplete = await examine(ids, effect, deps);
  return {
    ...effect.result,
    complete: isComplete && unnamed.length === 0,
    notPreviewed: unnamed.map(({ place }) => place),
  };
}

function distinctNames(names: readonly string[]): string[] {
  return [...new Map(names.map((name) => [comparableName(name), name])).values()];
}

/** Returns whether all images of all vulnerabilities were examined. */
async function examine(ids: readonly string[], effect: Effect, deps: PreviewDeps): Promise<boolean> {
  let imagesLeft: number = limits.previewedImages;
  for (const id of ids.slice(0, limits.previewedIds)) {
    let after: string | undefined;
    do {
      if (imagesLeft === 0) return false;
      const limit = Math.min(imagesLeft, limits.affectedPerPage);
      const page = await affectedBy(id, { limit, ...(after !== undefined && { after }) }, deps);
      const { images = [], suppressed = 0, next } = page ?? {};
      for (const entry of images) effect.add(entry);
      // A page that is not the last one was full before findings that do not count were left out.
      imagesLeft -= next === undefined ? images.length + suppressed : limit;
      after = next;
    } while (after !== undefined);
  }
  return ids.length <= limits.previewedIds;
}

/** Collects the findings that an index suppresses. Two names of one vulnerability, or two lists, may lead to a finding twice. */
class Effect {
  readonly #index: SuppressionIndex;
  readonly #deps: Pick<PreviewDeps, 'extensions'>;
  readonly #seen = new Set<string>();
  readonly #images = new Set<number>();
  readonly #rows: PreviewedFinding[] = [];

  constructor(index: SuppressionIndex, deps: Pick<PreviewDeps, 'extensions'>) {
    this.#index = index;
    this.#deps = deps;
  }

  get result(): Pick<SuppressionPreview, 'findings' | 'images' | 'rows'> {
    return { findings: this.#seen.size, images: this.#images.size, rows: this.#rows };
  }

  add(entry: AffectedEntry): void {
    const subjects = affectedSubjects(entry, this.#deps.extensions.schemes);
    for (const finding of entry.findings) {
      const { decision } = suppressionsOn(finding, this.#index, subjects);
      const { package: item, vulnerability } = finding;
      const key = JSON.stringify([entry.image, vulnerability.id, item.purl, item.location.path]);
      if (decision === undefined || this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#images.add(entry.image);
      if (this.#rows.length < shownFindings) this.#rows.push(toRow(entry, finding, decision));
    }
  }
}

function toRow(
  { known, names }: AffectedEntry,
  { vulnerability: { id, severity }, package: { type, name, version, purl } }: Match,
  decision: StatedDecision,
): PreviewedFinding {
  return {
    image: { digest: known?.digest ?? null, names },
    vulnerability: id,
    severity,
    package: { type, name, version, purl },
    reason: decisionReason(decision),
  };
}
