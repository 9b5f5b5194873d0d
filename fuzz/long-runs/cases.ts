import { Random } from '../random.ts';
import { insertionPointsOf, units } from './insert-run.ts';
import type { Case } from './measure.ts';
import type { Subject } from './subject.ts';

/** Yields every unit at every insertion point of the subjects. */
export function* everyCase(subjects: readonly Subject[], characters: number): Generator<Case> {
  for (const subject of subjects) {
    for (const place of insertionPointsOf(subject))
      for (const unit of units) yield { subject: subject.name, place, unit, characters };
  }
}

/** Yields random cases endlessly. The seed determines the sequence. */
export function* randomCases(
  subjects: readonly Subject[],
  characters: number,
  seed: number,
): Generator<Case> {
  const random = new Random(seed);
  for (;;) {
    const subject = random.pick(subjects);
    yield {
      subject: subject.name,
      place: random.pick(insertionPointsOf(subject)),
      unit: random.pick(units),
      characters,
    };
  }
}
