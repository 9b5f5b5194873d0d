import type { ListerTargets } from '../lister-targets.ts';
import { wheelClaims } from '../wheel-claims.ts';

/** Crates that a Python distribution claims to contain. */
export const targets: ListerTargets = { 'claimed-crates': wheelClaims };
