import type { Case } from './measure.ts';
import { placesOf, units } from './spoil.ts';
import type { Subject } from './subject.ts';

/** Every unit at every place of subjects. */
export function* everyCase(subjects: readonly Subject[], characters: number): Generator<Case> {
  for (const subject of subjects) {
    for (const place of placesOf(subject))
      for (const unit of units) yield { subject: subject.name, place, unit, characters };
  }
}

/** Cases without end, the same for one seed. */
export function* randomCases(
  subjects: readonly Subject[],
  characters: number,
  seed: number,
): Generator<Case> {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (;;) {
    const subject = pick(subjects);
    yield { subject: subject.name, place: pick(placesOf(subject)), unit: pick(units), characters };
  }
}

/** Numbers from 0 to 1, the same for one seed: mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
