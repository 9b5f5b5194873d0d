/** Runs one attack until its process is ended: `node attacker.ts NAME TARGET`. */
import type { Target } from './attack.ts';
import { attacks } from './attacks.ts';

const [name, target = ''] = process.argv.slice(2);
const attack = attacks.find((one) => one.name === name);
if (attack === undefined) throw new Error(`no attack ${name}`);
// The process runs until its parent ends it, or exits.
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
await attack.run(JSON.parse(target) as Target);
console.log('begun');
