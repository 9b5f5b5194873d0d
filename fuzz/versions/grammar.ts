import type { Random } from '../random.ts';

/** Generates a random text. */
export type Grammar = (random: Random) => string;

/** A grammar, or a constant text. */
export type Part = Grammar | string;

/** Returns a grammar that generates one of the parts. */
export function oneOf(...parts: readonly Part[]): Grammar {
  return (random) => make(random.pick(parts), random);
}

/** Returns a grammar that generates the parts in order. */
export function sequence(...parts: readonly Part[]): Grammar {
  return (random) => parts.map((part) => make(part, random)).join('');
}

/** Returns a grammar that generates the part or nothing. */
export function optional(part: Part, probability: number = 0.5): Grammar {
  return (random) => (random.chance(probability) ? make(part, random) : '');
}

/** Returns a grammar that generates the part `min` to `max` times, with new random choices each time. */
export function repeat(part: Part, min: number, max: number): Grammar {
  return (random) => {
    let text = '';
    for (let left = min + random.below(max - min + 1); left > 0; left--) text += make(part, random);
    return text;
  };
}

/** Returns a grammar that generates one character of a text. */
export function characterOf(characters: string): Grammar {
  return (random) => random.pick(characters);
}

/** Digits as in versions: usually a small number, sometimes with leading zeros, sometimes larger than any integer type. */
export const number: Grammar = oneOf(
  characterOf('0123'),
  characterOf('0123456789'),
  oneOf('0', '00', '000', '01', '001', '010', '10', '100'),
  oneOf('9', '94', '95', '96', '97', '99', '095', '096'),
  repeat(characterOf('0123456789'), 2, 4),
  oneOf('4294967295', '4294967296', '9223372036854775807', '18446744073709551615', '18446744073709551616'),
  repeat(characterOf('0129'), 8, 42),
);

/** Applies a few small changes to a text: removes, inserts, replaces or duplicates characters, or cuts its end off. */
export function mutate(text: string, alphabet: string, random: Random): string {
  if (random.chance(0.15)) return cutEnd(text, random);
  let mutated = text;
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(mutated.length + 1);
    const cut = random.below(2);
    const put = random.chance(0.6) ? random.pick(alphabet) : mutated.slice(at, at + random.below(3));
    mutated = mutated.slice(0, at) + (random.chance(0.7) ? put : '') + mutated.slice(at + cut);
  }
  return mutated;
}

/** Cuts a text off at one of its separators. */
function cutEnd(text: string, random: Random): string {
  const separators = [...text.matchAll(/[^0-9A-Za-z]/g)];
  return separators.length === 0 ? '' : text.slice(0, random.pick(separators).index);
}

function make(part: Part, random: Random): string {
  return typeof part === 'string' ? part : part(random);
}
