import { limits } from '../../core/limits.ts';
import type { ParseSuppressions } from '../../match/suppress/decide.ts';
import { isUnexpired, ruleMatches } from '../../match/suppress/ignore-rules.ts';
import { compareText } from '../../model/order.ts';
import type { Match } from '../../model/report.ts';
import type { IgnoreRule } from '../../model/suppression.ts';
import type { SavedSuppression } from '../../store/suppression-store.ts';
import { affectedBy, type RatedImagesDeps } from '../notifications/affected-images.ts';
import { affectedSubject } from './counting-findings.ts';

/** A rule on one vulnerability, as a statement of VEX can say it. */
export interface ExportedRule {
  readonly vulnerability: Match['vulnerability'];
  /** Package URLs of the packages whose findings the rule suppresses, sorted. */
  readonly purls: readonly string[];
  readonly rule: IgnoreRule;
}

/** The rules of a file that suppress findings of the fleet now. */
export interface RuleExport {
  readonly exported: readonly ExportedRule[];
  /** Places of rules that VEX cannot express: they name no single vulnerability, or a path, an image or a condition of another tool. */
  readonly notExported: readonly string[];
  /** Whether all images were examined. Otherwise packages can be missing. */
  readonly isComplete: boolean;
}

/** Dependencies of `exportRules`. */
export interface ExportRulesDeps extends RatedImagesDeps {
  readonly parse: ParseSuppressions;
  readonly now: () => Date;
}

/**
 * Returns the findings of the fleet that the rules of a file suppress, by vulnerability. Expired rules are left out. Examines at most
 * `limits.previewedImages` images.
 */
export async function exportRules(
  file: Pick<SavedSuppression, 'name' | 'content'>,
  { parse, now, store, extensions }: ExportRulesDeps,
): Promise<RuleExport> {
  const today = now().toISOString().slice(0, 10);
  const rules = parse(file).rules.filter((rule) => isUnexpired(rule, today));
  const expressible = rules.filter(isExpressible);
  const exported: ExportedRule[] = [];
  const budget: ImageBudget = { images: limits.previewedImages };
  for (const rule of expressible) exported.push(...(await exportRule(rule, budget, { store, extensions })));
  const notExported = rules.filter((rule) => !isExpressible(rule)).map(({ place }) => place);
  return { exported, notExported, isComplete: budget.images > 0 };
}

function isExpressible({ id, path, image, holdsFor }: IgnoreRule): boolean {
  const isOne = id !== undefined && !id.includes('*');
  return isOne && path === undefined && image === undefined && holdsFor === undefined;
}

/** Number of images that may still be examined. */
interface ImageBudget {
  images: number;
}

/** Returns a statement for each vulnerability with the name of a rule: a name can be an alias of several. */
async function exportRule(
  rule: IgnoreRule,
  budget: ImageBudget,
  deps: RatedImagesDeps,
): Promise<ExportedRule[]> {
  const found = new Map<string, { readonly first: Match; readonly purls: Set<string> }>();
  for await (const finding of findingsOf(rule, budget, deps)) {
    const { id } = finding.vulnerability;
    const known = found.get(id) ?? { first: finding, purls: new Set() };
    found.set(id, known);
    known.purls.add(finding.package.purl);
  }
  return [...found.values()].map(({ first, purls }) => ({
    vulnerability: first.vulnerability,
    purls: [...purls].sort(compareText),
    rule,
  }));
}

/** Yields the findings of the fleet that a rule matches. */
async function* findingsOf(
  rule: IgnoreRule,
  budget: ImageBudget,
  deps: RatedImagesDeps,
): AsyncGenerator<Match> {
  const { id = '' } = rule;
  let after: string | undefined;
  do {
    const limit = Math.min(budget.images, limits.affectedPerPage);
    if (limit <= 0) return;
    const page = await affectedBy(id, { limit, ...(after !== undefined && { after }) }, deps);
    const { images = [], next } = page ?? {};
    for (const entry of images) {
      const subject = affectedSubject(entry, deps.extensions.schemes);
      yield* entry.findings.filter((finding) => ruleMatches(rule, finding, subject));
    }
    budget.images -= next === undefined ? images.length : limit;
    after = next;
  } while (after !== undefined);
}
