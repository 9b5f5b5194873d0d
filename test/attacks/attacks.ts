import { connectionAttacks } from './attack/connections.ts';
import { feedAttacks } from './attack/feeds.ts';
import { http2Attacks } from './attack/http2.ts';
import { layerAttacks } from './attack/layers.ts';
import { requestAttacks } from './attack/requests.ts';
import type { Attack } from './attack.ts';

/** The baseline without an attack. */
const none: Attack = { name: 'no attack', onPostgres: true, run: () => Promise.resolve() };

export const attacks: readonly Attack[] = [
  none,
  ...http2Attacks,
  ...requestAttacks,
  ...connectionAttacks,
  ...layerAttacks,
  ...feedAttacks,
];
