import type { ListerTargets } from '../lister-targets.ts';
import { wheelClaims } from '../wheel-claims.ts';

/** Libraries of CentOS 7 that a Python distribution claims to contain. */
export const targets: ListerTargets = { 'claimed-rpms-centos-7': wheelClaims };
