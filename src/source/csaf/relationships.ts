import * as z from 'zod/mini';

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
