import type { ListerTargets } from '../lister-targets.ts';
import { wheelClaims } from '../wheel-claims.ts';

/** Products that a Python distribution claims to contain. */
export const targets: ListerTargets = { 'claimed-products': wheelClaims };
