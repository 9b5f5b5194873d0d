import { popular } from './console-fleet.ts';

/** A list of `/api/v1` that the console shows. */
export interface ConsoleList {
  readonly name: string;
  /** Returns the path of a request below the prefix. Each of several samples asks for another part of the fleet, if there are any. */
  readonly pathOf: (sample: number) => string;
  /** Milliseconds that 95 of 100 answers may take. */
  readonly budgetMs: number;
  /** Whether the pages behind the first one are measured too. */
  readonly isPaged?: true;
}

const [first, summary, upgrades] = [150, 100, 300];

/** Returns the lists that are measured, for a fleet with this number of images. */
export function consoleLists(images: number): readonly ConsoleList[] {
  return [
    { name: '/summary', pathOf: () => '/summary', budgetMs: summary },
    { name: '/summary/ages', pathOf: () => '/summary/ages', budgetMs: summary },
    {
      name: '/summary/ages of a path',
      budgetMs: summary,
      pathOf: (i) => `/summary/ages?repository=registry.example/team-${i % 97}/*`,
    },
    ...imageLists(images),
    ...findingLists(images),
    ...advisoryLists,
    ...packageLists,
    { name: '/search', pathOf: (i) => `/search?q=${i * 17}`, budgetMs: first },
    { name: '/upgrades', pathOf: () => '/upgrades', budgetMs: upgrades },
    {
      name: '/upgrades of a repository',
      budgetMs: upgrades,
      pathOf: (i) => `/upgrades?repository=${repositoryOf((i * 997) % images)}`,
    },
  ];
}

function repositoryOf(image: number): string {
  return encodeURIComponent(`registry.example/team-${image % 97}/app-${Math.floor(image / 50)}`);
}

function paged(name: string, pathOf: (sample: number) => string): ConsoleList {
  return { name, pathOf, budgetMs: first, isPaged: true };
}

function single(name: string, pathOf: (sample: number) => string): ConsoleList {
  return { name, pathOf, budgetMs: first };
}

function imageLists(images: number): readonly ConsoleList[] {
  return [
    paged('/images', () => '/images'),
    paged('/images, the newest first', () => '/images?sort=seen'),
    paged('/images by risk', () => '/images?sort=risk'),
    paged('/images with a severity', () => '/images?severity=Critical&sort=risk'),
    paged('/images exploited', () => '/images?exploited=true'),
    paged('/images not exploited, by risk', () => '/images?sort=risk&exploited=false'),
    paged('/images fixable, by risk', () => '/images?sort=risk&fixable=true'),
    paged('/images not assessed', () => '/images?assessed=false'),
    single('/images of a repository', (i) => `/images?repository=${repositoryOf((i * 997) % images)}`),
    single(
      '/images of a repository, by risk',
      (i) => `/images?sort=risk&repository=${repositoryOf((i * 997) % images)}`,
    ),
    paged('/images with a part of a name', () => '/images?q=team-1'),
    single('/images with a longer part', (i) => `/images?q=app-${i * 31}&sort=risk`),
    single('/images with a rare name', () => '/images?q=nothing-has-it'),
    single('/images of a namespace', (i) => `/images?namespace=debian:${4 + (i % 10)}`),
    paged('/images of a namespace, by risk', () => '/images?sort=risk&namespace=debian:7'),
    single('/images of no such namespace', () => '/images?sort=risk&namespace=alpine:v3.20'),
    paged(
      '/images with a popular vulnerability',
      () => `/images?sort=risk&vulnerability=${popular.vulnerability}`,
    ),
    single(
      '/images with a vulnerability',
      (i) => `/images?sort=risk&vulnerability=CVE-${2018 + ((i * 40) % 9)}-${1000 + i * 40}`,
    ),
    single('/images with a label', (i) => `/images?label=team=team-${i}`),
    single('/images with no such label', (i) => `/images?sort=risk&label=team=other-${i}`),
  ];
}

function findingLists(images: number): readonly ConsoleList[] {
  const digest = (image: number): string => `sha256:${image.toString(16).padStart(64, '0')}`;
  return [
    paged('/findings', () => '/findings'),
    paged('/findings exploited', () => '/findings?exploited=true&fixable=true'),
    paged('/findings of a severity', () => '/findings?severity=Low&fixable=false'),
    paged('/findings of a namespace', () => '/findings?namespace=debian:7'),
    single('/findings of a namespace, exploited', () => '/findings?namespace=debian:7&exploited=true'),
    single('/findings of a package', (i) => `/findings?package=npm-${i * 2}`),
    single(
      '/findings of a vulnerability',
      (i) => `/findings?vulnerability=CVE-${2018 + (i % 9)}-${1000 + i}`,
    ),
    single('/findings of an image', (i) => `/findings?image=${digest(1 + ((i * 97) % images))}`),
    single('/findings of a repository', (i) => `/findings?repository=${repositoryOf((i * 997) % images)}`),
  ];
}

const advisoryLists: readonly ConsoleList[] = [
  paged('/advisories', () => '/advisories'),
  paged('/advisories by images', () => '/advisories?sort=images'),
  paged('/advisories by EPSS', () => '/advisories?sort=epss&exploited=false'),
  paged('/advisories of a severity', () => '/advisories?severity=High&fixable=true'),
  single('/advisories with a part of an id', (i) => `/advisories?q=2-${1000 + i}`),
  single('/advisories/ID', () => `/advisories/${popular.vulnerability}`),
  paged('/advisories/ID/images', () => `/advisories/${popular.vulnerability}/images`),
  paged(
    '/advisories/ID/images in the past',
    () => `/advisories/${popular.vulnerability}/images?asOf=${encodeURIComponent(aMomentAgo())}`,
  ),
];

/** Some seconds ago: the clock of a busy database may be late. */
function aMomentAgo(): string {
  return new Date(Date.now() - 5000).toISOString();
}

const packageLists: readonly ConsoleList[] = [
  paged('/packages', () => '/packages'),
  paged('/packages of a namespace', () => '/packages?namespace=npm'),
  single('/packages with a part of a name', (i) => `/packages?q=-${i * 3}`),
  single(
    '/packages/versions',
    () => `/packages/versions?namespace=${popular.namespace}&name=${popular.name}`,
  ),
];
