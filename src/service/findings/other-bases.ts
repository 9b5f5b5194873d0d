import type { BaseMove } from '../../match/upgrades/upgrade-proposals.ts';
import type { ReportBase } from '../../model/report.ts';
import type { CurrentName, KnownImage } from '../../store/known-image-store.ts';
import type { Store } from '../../store/store.ts';
import { type AssessmentDeps, assessPackages } from './assess-packages.ts';

/** Number of images of a repository that are compared with a base image, beginning with the newest. */
const basesCompared = 20;

/** Number of images per read. */
const imagesPerPage = 100;

/** Dependencies of `otherBases`. */
export interface OtherBasesDeps extends AssessmentDeps {
  readonly store: AssessmentDeps['store'] & Pick<Store, 'knownImages'>;
}

/**
 * Returns the base images that an image could have instead of its own: known images of the same repositories and platform that have a name
 * now, with their findings. Empty if the base image is unknown to the database.
 */
export async function otherBases(base: ReportBase, deps: OtherBasesDeps): Promise<BaseMove[]> {
  const { knownImages } = deps.store;
  const own = base.digest === undefined ? [] : await knownImages.findByDigest(base.digest);
  const repositories = new Set(own.flatMap(({ names }) => names.map(({ repository }) => repository)));
  const moves: BaseMove[] = [];
  for (const repository of repositories)
    for (const known of await newestImages(repository, deps)) {
      const name = known.names.find((one) => one.repository === repository);
      const isOther = own.every(
        ({ number, platform }) => number !== known.number && platform === known.platform,
      );
      if (name !== undefined && isOther) moves.push(await moveTo(known, name, deps));
    }
  return moves;
}

async function newestImages(repository: string, { store }: OtherBasesDeps): Promise<KnownImage[]> {
  let newest: readonly KnownImage[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await store.knownImages.page({ repository }, { limit: imagesPerPage, after });
    newest = [...newest, ...page.images].slice(-basesCompared);
    after = page.next;
  }
  return [...newest];
}

async function moveTo(
  { image }: KnownImage,
  { repository, tag }: CurrentName,
  deps: OtherBasesDeps,
): Promise<BaseMove> {
  const { packages } = await deps.store.images.findByNumber(image);
  const { findings } = await assessPackages(image, packages, deps);
  return {
    base: `${repository}:${tag}`,
    findings: findings.matches.map((match) => ({ ...match, weight: 1, isOfBase: true })),
  };
}
