import * as z from 'zod/mini';
import { baseScore } from '../../model/cvss.ts';
import { worstSeverity } from '../../model/severity.ts';
import type { CvssVector, Severity } from '../../plugin/index.ts';

const score = z.number().check(z.gte(0), z.lte(10));

const cvss = z.optional(
  z.object({
    vectorString: z.string().check(z.maxLength(500)),
    baseScore: score,
    baseSeverity: z.optional(z.string()),
  }),
);

/** Schema of a metric of a container: a CVSS vector of one version, or a textual severity. */
export const metric: z.ZodMiniType<Metric> = z.object({
  cvssV4_0: cvss,
  cvssV3_1: cvss,
  cvssV3_0: cvss,
  cvssV2_0: cvss,
  other: z.optional(z.object({ type: z.string(), content: z.unknown() })),
});

interface Cvss {
  readonly vectorString: string;
  readonly baseScore: number;
  readonly baseSeverity?: string | undefined;
}

/** A metric of a container (CVE record format 5), reduced to the members that clair reads. */
export interface Metric {
  readonly cvssV4_0?: Cvss | undefined;
  readonly cvssV3_1?: Cvss | undefined;
  readonly cvssV3_0?: Cvss | undefined;
  readonly cvssV2_0?: Cvss | undefined;
  readonly other?: { readonly type: string; readonly content: unknown } | undefined;
}

/** Versions of CVSS, the preferred one first. */
const versions = ['cvssV3_1', 'cvssV4_0', 'cvssV3_0', 'cvssV2_0'] as const;

/** Returns the vectors of the metrics that do not contradict themselves, the preferred version first. */
export function ratedVectors(metrics: readonly Metric[]): Omit<CvssVector, 'source'>[] {
  return versions.flatMap((version) =>
    metrics.flatMap(({ [version]: rated }) =>
      rated === undefined || contradictionOf(rated) !== undefined
        ? []
        : [{ vector: rated.vectorString.trim(), score: rated.baseScore }],
    ),
  );
}

/** Returns the contradiction in the first metric that has one; undefined if no metric contradicts itself. */
export function firstContradiction(metrics: readonly Metric[]): string | undefined {
  return metrics
    .flatMap((one) => versions.flatMap((version) => one[version] ?? []))
    .map(contradictionOf)
    .find((contradiction) => contradiction !== undefined);
}

function contradictionOf({ vectorString, baseScore: stated, baseSeverity }: Cvss): string | undefined {
  const vector = vectorString.trim();
  const computed = baseScore(vector);
  if (computed === undefined) return 'its CVSS vector cannot be scored';
  const rating = ratingOf(stated);
  // Assigners round differently, or include temporal metrics in the score. Only another severity is a contradiction.
  if (ratingOf(computed) !== rating) return `its base score is ${stated}, but its vector scores ${computed}`;
  if (baseSeverity !== undefined && baseSeverity.toUpperCase() !== rating)
    return `its base score is ${stated}, but its severity is ${baseSeverity.slice(0, 20)}`;
  return undefined;
}

/** Returns the qualitative rating of a base score, CVSS 3.1 §5. */
function ratingOf(value: number): string {
  if (value === 0) return 'NONE';
  if (value < 4) return 'LOW';
  if (value < 7) return 'MEDIUM';
  return value < 9 ? 'HIGH' : 'CRITICAL';
}

/** Types of `other` metrics that assigners use for a textual severity. */
const textualSeverityTypes: ReadonlySet<string> = new Set([
  'Red Hat severity rating',
  'Textual description of severity',
  'https://www.openssl.org/policies/secpolicy.html',
  'https://openssl-library.org/policies/general/security-policy/',
]);

const severityByWord: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'Critical'],
  ['high', 'High'],
  ['important', 'High'],
  ['moderate', 'Medium'],
  ['medium', 'Medium'],
  ['low', 'Low'],
]);

const content = z.union([
  z.pipe(
    z.object({ value: z.string() }),
    z.transform(({ value }) => value),
  ),
  z.pipe(
    z.object({ text: z.string() }),
    z.transform(({ text }) => text),
  ),
]);

/** Returns the worst textual severity of the metrics; undefined if they have none. */
export function statedSeverity(metrics: readonly Metric[]): Severity | undefined {
  const stated = metrics.flatMap(({ other }) =>
    other && textualSeverityTypes.has(other.type) ? severityInText(other.content) : [],
  );
  return stated.length === 0 ? undefined : worstSeverity(stated);
}

function severityInText(value: unknown): Severity[] {
  const { data = '' } = z.safeParse(content, value);
  const severity = severityByWord.get(data.trim().toLowerCase());
  return severity === undefined ? [] : [severity];
}
