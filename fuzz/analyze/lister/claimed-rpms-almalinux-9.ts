import type { ListerTargets } from '../lister-targets.ts';
import { wheelClaims } from '../wheel-claims.ts';

/** Libraries of AlmaLinux 9 that a Python distribution claims to contain. */
export const targets: ListerTargets = { 'claimed-rpms-almalinux-9': wheelClaims };
