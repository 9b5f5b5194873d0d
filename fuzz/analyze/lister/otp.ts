import type { ListerTargets } from '../lister-targets.ts';
import { termFormat } from './hex.ts';

/** Resource and release files of Erlang. */
export const targets: ListerTargets = { otp: termFormat };
