import type { BaseImageStore } from '../../base-image-store.ts';
import type { Engine } from '../engine.ts';
import { readValue } from '../key-values.ts';
import { fencedEngine } from '../leases.ts';
import { countedAtKey, followBases } from './count-bases.ts';
import { countImagesOn, pageBases, pageImagesOn } from './list-bases.ts';
import { findMovable, findSets } from './movable-images.ts';
import { countImagesOnOlder, findReplacements } from './replaced-bases.ts';

/** Returns the base images of a store; `now` is in milliseconds since 1970. */
export function baseImageStore(engine: Engine, now: () => number): BaseImageStore {
  const { db } = engine;
  return {
    update: ({ signal, lease }) =>
      followBases(lease === undefined ? engine : fencedEngine(engine, lease), now(), signal),
    findCountedAt: () => readValue(db, countedAtKey),
    pageBases: (filter, page) => pageBases(db, filter, page),
    countImagesOn: (numbers) => countImagesOn(db, numbers),
    pageImagesOn: (base, page) => pageImagesOn(db, base, page),
    findMovable: (bases, scope) => findMovable(db, bases, scope),
    findSets: (image) => findSets(db, image),
    findReplacements: (numbers) => findReplacements(db, numbers),
    countImagesOnOlder: (numbers) => countImagesOnOlder(db, numbers),
  };
}
