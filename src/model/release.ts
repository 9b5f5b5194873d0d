/** A release of a distribution by its codename. */
export interface Release {
  /** `debian` or `ubuntu`, as `ID` in os-release. */
  readonly id: string;
  /** `12`, `22.04`. */
  readonly versionId: string;
  readonly codename: string;
}

/** Debian's suite for unreleased packages. Its namespace is `debian:unstable`. */
export const unstable = 'sid';

const codenames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: {
    squeeze: '6',
    wheezy: '7',
    jessie: '8',
    stretch: '9',
    buster: '10',
    bullseye: '11',
    bookworm: '12',
    trixie: '13',
    forky: '14',
    duke: '15',
  },
  ubuntu: {
    lucid: '10.04',
    precise: '12.04',
    quantal: '12.10',
    raring: '13.04',
    saucy: '13.10',
    trusty: '14.04',
    utopic: '14.10',
    vivid: '15.04',
    wily: '15.10',
    xenial: '16.04',
    yakkety: '16.10',
    zesty: '17.04',
    artful: '17.10',
    bionic: '18.04',
    cosmic: '18.10',
    disco: '19.04',
    eoan: '19.10',
    focal: '20.04',
    groovy: '20.10',
    hirsute: '21.04',
    impish: '21.10',
    jammy: '22.04',
    kinetic: '22.10',
    lunar: '23.04',
    mantic: '23.10',
    noble: '24.04',
    oracular: '24.10',
    plucky: '25.04',
    questing: '25.10',
    resolute: '26.04',
  },
};

const releases: ReadonlyMap<string, Release> = new Map(
  Object.entries(codenames).flatMap(([id, versions]) =>
    Object.entries(versions).map(([codename, versionId]) => [codename, { id, versionId, codename }]),
  ),
);

/** Returns the release of a codename of Debian or Ubuntu. No codename was ever used by both. */
export function releaseOf(codename: string): Release | undefined {
  return releases.get(codename);
}
