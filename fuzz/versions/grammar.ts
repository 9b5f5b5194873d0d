import type { Random } from '../random.ts';

/** Makes a text at random. */
export type Grammar = (random: Random) => string;

/** A grammar, or the one text it always makes. */
export type Part = Grammar | string;

/** One of the parts. */
export function oneOf(...parts: readonly Part[]): Grammar {
  return (random) => make(random.pick(parts), random);
}

/** The parts one after the other. */
export function sequence(...parts: readonly Part[]): Grammar {
  return (random) => parts.map((part) => make(part, random)).join('');
}

/** The part, or nothing. */
export function optional(part: Part, probability: number = 0.5): Grammar {
  return (random) => (random.chance(probability) ? make(part, random) : '');
}

/** The part from `min` to `max` times, each made anew. */
export function repeat(part: Part, min: number, max: number): Grammar {
  return (random) => {
    let text = '';
    for (let left = min + random.below(max - min + 1); left > 0; left--) text += make(part, random);
    return text;
  };
}

/** One character of a text. */
export function characterOf(characters: string): Grammar {
  return (random) => random.pick(characters);
}

/** Digits as versions have them: mostly a small number, at times zeros before it, at times more than any integer holds. */
export const number: Grammar = oneOf(
  characterOf('0123'),
  characterOf('0123456789'),
  oneOf('0', '00', '000', '01', '001', '010', '10', '100'),
  oneOf('9', '94', '95', '96', '97', '99', '095', '096'),
  repeat(characterOf('0123456789'), 2, 4),
  oneOf('4294967295', '4294967296', '9223372036854775807', '18446744073709551615', '18446744073709551616'),
  repeat(characterOf('0129'), 8, 42),
);

/** The text with a few small changes: characters taken out, put in, exchanged or doubled; or its end cut off. */
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

/** The text up to one of its separators. */
function cutEnd(text: string, random: Random): string {
  const separators = [...text.matchAll(/[^0-9A-Za-z]/g)];
  return separators.length === 0 ? '' : text.slice(0, random.pick(separators).index);
}

function make(part: Part, random: Random): string {
  return typeof part === 'string' ? part : part(random);
}
