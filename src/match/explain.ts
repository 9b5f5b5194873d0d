import type { RowCheck, VersionComparison } from '../model/explanation.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import type { ListedPackage } from '../model/package.ts';
import type { VersionScheme } from '../plugin/version-scheme.ts';
import { applies, appliesToSourcePackage } from './applies.ts';
import { compareSegments } from './compare-segments.ts';
import { describeRange, isInRange } from './key-range.ts';
import type { Lookup } from './lookup.ts';

/** The deciding parts of a row of an advisory. */
export type ExplainedRow = Pick<
  AdvisoryHit,
  'source' | 'namespace' | 'affectedPackage' | 'only' | 'range' | 'fix'
>;

/** An installed package with its lookup. */
export interface ExplainedPackage extends ListedPackage {
  readonly lookup: Pick<Lookup, 'namespace' | 'name' | 'version'> & {
    readonly source?: { readonly version: string };
  };
}

/** The context that decides whether rows of a source count. */
export interface RowContext {
  readonly schemes: readonly VersionScheme[];
  /** Why no row of this source counts, if so. */
  readonly setAside?: string | undefined;
}

type CheckStep = (row: ExplainedRow, item: ExplainedPackage, standing: RowContext) => RowCheck;

const steps: readonly CheckStep[] = [
  checkNamespace,
  checkSource,
  checkPackage,
  checkBuild,
  checkState,
  checkVersion,
];

/**
 * Compares a row with a package like matching does, check by check up to the first that fails. The row makes the package vulnerable if all
 * checks hold.
 */
export function explainRow(row: ExplainedRow, item: ExplainedPackage, standing: RowContext): RowCheck[] {
  const checks: RowCheck[] = [];
  for (const step of steps) {
    const check = step(row, item, standing);
    checks.push(check);
    if (check.holds === false) break;
  }
  return checks;
}

function checkNamespace({ namespace }: ExplainedRow, { lookup }: ExplainedPackage): RowCheck {
  const holds = namespace.name === lookup.namespace.name;
  const words = holds
    ? `it covers ${namespace.name}, the namespace of the package`
    : `it covers ${namespace.name}; the package belongs to ${lookup.namespace.name}`;
  return { name: 'namespace', holds, words, comparisons: [] };
}

function checkSource({ source }: ExplainedRow, _: ExplainedPackage, { setAside }: RowContext): RowCheck {
  return {
    name: 'source',
    holds: setAside === undefined,
    words: setAside ?? `${source} counts for this namespace`,
    comparisons: [],
  };
}

function checkPackage({ affectedPackage, only }: ExplainedRow, item: ExplainedPackage): RowCheck {
  const bySource = appliesToSourcePackage(only);
  const name = bySource ? item.source?.name : item.lookup.name;
  const isOwn = name === item.name;
  const role = isOwn
    ? 'its name'
    : bySource || name === item.source?.name
      ? 'its source package'
      : 'its name there';
  return name === affectedPackage
    ? { name: 'package', holds: true, words: `it covers ${affectedPackage}, ${role}`, comparisons: [] }
    : {
        name: 'package',
        holds: false,
        words: `it covers ${affectedPackage}; ${item.name} is looked up as ${name ?? 'nothing'}`,
        comparisons: [],
      };
}

function checkBuild(row: ExplainedRow, item: ExplainedPackage): RowCheck {
  const wanted = conditionsOf(row);
  const holds = applies(row, item);
  const build = [item.arch, item.modularity && `module ${item.modularity}`].filter(Boolean).join(', ');
  const installed = build === '' ? 'the installed build' : `the installed build (${build})`;
  const words =
    wanted === ''
      ? holds
        ? 'it has no condition on the build'
        : `it covers ordinary builds only; ${installed} is not one`
      : `it covers only ${wanted}; ${installed} is ${holds ? 'one' : 'not one'}`;
  return { name: 'build', holds, words, comparisons: [] };
}

function conditionsOf({ only = {} }: ExplainedRow): string {
  const { arch, module, flavour, products } = only;
  return [
    ...(arch === undefined
      ? []
      : [arch.includes('src') ? 'a source package' : `builds for ${arch.join(', ')}`]),
    ...(module === undefined ? [] : [module === '*' ? 'module builds' : `builds of the module ${module}`]),
    ...(flavour === undefined ? [] : [`${flavour} builds`]),
    ...(products === undefined ? [] : [`packages of ${products.join(', ')}`]),
  ].join(', ');
}

const stateTexts = {
  unfixed: 'it says that there is no fix yet',
  deferred: 'it says that the fix is deferred',
  'will-not-fix': 'it says that this will not be fixed',
  'end-of-life': 'it says that the package is out of support',
  'under-investigation': 'the vendor is still investigating',
  'not-affected': 'it says that the package is not affected',
} as const;

function checkState({ fix }: ExplainedRow): RowCheck {
  const words = fix.state === 'fixed' ? `it says that ${fix.version} has the fix` : stateTexts[fix.state];
  return { name: 'state', holds: fix.state !== 'not-affected', words, comparisons: [] };
}

function checkVersion(row: ExplainedRow, item: ExplainedPackage, { schemes }: RowContext): RowCheck {
  const { range, only, namespace } = row;
  const { version } = (appliesToSourcePackage(only) && item.lookup.source) || item.lookup;
  const scheme = schemes.find(({ name }) => name === namespace.versionScheme);
  const holds = scheme && isInRange(scheme, range, version);
  const bounds = [range.from, range.to].filter((bound) => bound !== undefined);
  const comparisons =
    scheme === undefined ? [] : bounds.map((bound) => compareSegments(scheme, version, bound));
  const verb = holds === undefined ? 'cannot be ordered with' : holds ? 'is' : 'is not';
  const rest = scheme === undefined ? `: nothing orders ${namespace.versionScheme} versions` : '';
  const remark = holds === undefined || agrees(row, comparisons, holds) ? '' : boundOfReleases;
  return {
    name: 'version',
    holds: holds ?? null,
    words:
      bounds.length === 0
        ? `it covers every version, including ${version}`
        : `${version} ${verb} ${describeRange(range)}${rest}${remark}`,
    comparisons,
  };
}

const boundOfReleases = ' (a bound without a release covers all its releases)';

/** Returns whether the operators of the comparisons alone say the same as the range. */
function agrees({ range }: ExplainedRow, comparisons: readonly VersionComparison[], holds: boolean): boolean {
  const orders = new Map(comparisons.map(({ bound, order }) => [bound, order]));
  const from = range.from === undefined ? '>' : orders.get(range.from);
  const to = range.to === undefined ? '<' : orders.get(range.to);
  const isAbove = from === '>' || (from === '=' && range.fromExcluded !== true);
  const isBelow = to === '<' || (to === '=' && range.toIncluded === true);
  return (isAbove && isBelow) === holds;
}
