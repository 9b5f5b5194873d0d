import * as z from 'zod/mini';
import type { CvssVector } from '../../plugin/index.ts';

/** Relationships of a product tree: a package and the product that ships it (CSAF 2.0, section 3.2.2.4). */
export const relationships = z.optional(
  z.array(
    z.object({
      full_product_name: z.object({ product_id: z.string() }),
      product_reference: z.string(),
      relates_to_product_reference: z.string(),
    }),
  ),
);

const cvss = z.optional(z.object({ vectorString: z.string(), baseScore: z.optional(z.number()) }));

/** Scores of a vulnerability (CSAF 2.0, section 3.2.3.13). */
export const scores = z.optional(z.array(z.object({ cvss_v2: cvss, cvss_v3: cvss, cvss_v4: cvss })));

/** Returns the distinct vectors of scores, the newest CVSS version first. */
export function vectorsOfScores(rated: z.output<typeof scores>, source: string): CvssVector[] {
  const all = (rated ?? []).flatMap(({ cvss_v4, cvss_v3, cvss_v2 }) => [cvss_v4, cvss_v3, cvss_v2]);
  const byVector = new Map(all.flatMap((score) => (score ? [[score.vectorString, score]] : [])));
  return Array.from(byVector.values(), ({ vectorString, baseScore }) => ({
    source,
    vector: vectorString,
    ...(baseScore !== undefined && { score: baseScore }),
  }));
}
