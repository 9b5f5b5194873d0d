import type { Distro } from '../model/distro.ts';
import type { ListedPackage } from '../model/package.ts';

/**
 * The last day of free security support of each release: LTS for Debian, standard support for Ubuntu, general support for SUSE, maintenance
 * support for RHEL. Releases without a published date are not in the table.
 */
const lastDays: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // debian.csv of distro-info-data, column eol-lts.
  debian: {
    '6': '2016-02-29',
    '7': '2018-05-31',
    '8': '2020-06-30',
    '9': '2022-06-30',
    '10': '2024-06-30',
    '11': '2026-08-31',
    '12': '2028-06-30',
    '13': '2030-06-30',
  },
  // ubuntu.csv of distro-info-data, the later of the columns eol and eol-server.
  ubuntu: {
    '10.04': '2015-04-30',
    '10.10': '2012-04-10',
    '11.04': '2012-10-28',
    '11.10': '2013-05-09',
    '12.04': '2017-04-28',
    '12.10': '2014-05-16',
    '13.04': '2014-01-27',
    '13.10': '2014-07-17',
    '14.04': '2019-04-25',
    '14.10': '2015-07-23',
    '15.04': '2016-02-04',
    '15.10': '2016-07-28',
    '16.04': '2021-04-30',
    '16.10': '2017-07-20',
    '17.04': '2018-01-13',
    '17.10': '2018-07-19',
    '18.04': '2023-05-31',
    '18.10': '2019-07-18',
    '19.04': '2020-01-23',
    '19.10': '2020-07-17',
    '20.04': '2025-05-29',
    '20.10': '2021-07-22',
    '21.04': '2022-01-20',
    '21.10': '2022-07-14',
    '22.04': '2027-06-01',
    '22.10': '2023-07-20',
    '23.04': '2024-01-25',
    '23.10': '2024-07-11',
    '24.04': '2029-05-31',
    '24.10': '2025-07-10',
    '25.04': '2026-01-15',
    '25.10': '2026-07-09',
    '26.04': '2031-05-29',
    '26.10': '2027-07-15',
  },
  // alpinelinux.org/releases.
  alpine: {
    'v3.0': '2016-05-01',
    'v3.1': '2016-11-01',
    'v3.2': '2017-05-01',
    'v3.3': '2017-11-01',
    'v3.4': '2018-05-01',
    'v3.5': '2018-11-01',
    'v3.6': '2019-05-01',
    'v3.7': '2019-11-01',
    'v3.8': '2020-05-01',
    'v3.9': '2020-11-01',
    'v3.10': '2021-05-01',
    'v3.11': '2021-11-01',
    'v3.12': '2022-05-01',
    'v3.13': '2022-11-01',
    'v3.14': '2023-05-01',
    'v3.15': '2023-11-01',
    'v3.16': '2024-05-23',
    'v3.17': '2024-11-22',
    'v3.18': '2025-05-09',
    'v3.19': '2025-11-01',
    'v3.20': '2026-04-01',
    'v3.21': '2026-11-01',
    'v3.22': '2027-05-01',
    'v3.23': '2027-11-01',
  },
  rhel: {
    '5': '2017-03-31',
    '6': '2020-11-30',
    '7': '2024-06-30',
    '8': '2029-05-31',
    '9': '2032-05-31',
    '10': '2035-05-31',
  },
  // CentOS Linux up to 8, which ended early; CentOS Stream from 9.
  centos: {
    '5': '2017-03-31',
    '6': '2020-11-30',
    '7': '2024-06-30',
    '8': '2021-12-31',
    '9': '2027-05-31',
  },
  rocky: { '8': '2029-05-31', '9': '2032-05-31', '10': '2035-05-31' },
  almalinux: { '8': '2029-03-01', '9': '2032-05-31', '10': '2035-05-31' },
  // Oracle names months.
  oracle: { '6': '2021-03-31', '7': '2024-12-31', '8': '2029-07-31', '9': '2032-06-30' },
  amzn: { '2018.03': '2023-12-31', '2': '2026-06-30', '2023': '2029-06-30' },
  fedora: {
    '28': '2019-05-28',
    '29': '2019-11-26',
    '30': '2020-05-26',
    '31': '2020-11-24',
    '32': '2021-05-25',
    '33': '2021-11-30',
    '34': '2022-06-07',
    '35': '2022-12-13',
    '36': '2023-05-16',
    '37': '2023-12-05',
    '38': '2024-05-21',
    '39': '2024-11-26',
    '40': '2025-05-13',
    '41': '2025-12-15',
  },
  sles: {
    '11.4': '2019-03-31',
    '12': '2016-06-30',
    '12.1': '2017-05-31',
    '12.2': '2018-03-31',
    '12.3': '2019-06-30',
    '12.4': '2020-06-30',
    '12.5': '2024-10-31',
    '15': '2019-12-31',
    '15.1': '2021-01-31',
    '15.2': '2021-12-31',
    '15.3': '2022-12-31',
    '15.4': '2023-12-31',
    '15.5': '2024-12-31',
    '15.6': '2025-12-31',
    '15.7': '2031-07-31',
  },
  'opensuse-leap': {
    '42.3': '2019-07-01',
    '15.0': '2019-12-03',
    '15.1': '2021-02-02',
    '15.2': '2022-01-04',
    '15.3': '2022-12-31',
    '15.4': '2023-12-07',
    '15.5': '2024-12-31',
    '15.6': '2026-04-30',
    '16.0': '2027-10-31',
  },
  photon: { '1.0': '2022-02-28', '2.0': '2022-12-31', '3.0': '2024-03-31', '4.0': '2026-03-31' },
  mariner: { '1.0': '2023-07-31', '2.0': '2025-07-31' },
};

const byNamespace: ReadonlyMap<string, string> = new Map(
  Object.entries(lastDays).flatMap(([name, releases]) =>
    Object.entries(releases).map(([release, day]) => [`${name}:${release}`, day]),
  ),
);

/**
 * Returns the last day of a release's security support as an ISO date, if it is known. The image's own value (`SUPPORT_END`, os-release(5))
 * has priority: the vendor may have moved the day.
 */
export function supportEnd(namespace: string, distro?: Distro): string | undefined {
  const own = distro?.supportEnd;
  return own !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(own) ? own : byNamespace.get(namespace);
}

/** The last day of support of each release of .NET, by the lifecycle policy of Microsoft. The keys are the start of the version. */
const lastDaysOfDotnet: Readonly<Record<string, string>> = {
  '1.0': '2019-06-27',
  '1.1': '2019-06-27',
  '2.0': '2018-10-01',
  '2.1': '2021-08-21',
  '2.2': '2019-12-23',
  '3.0': '2020-03-03',
  '3.1': '2022-12-13',
  '5.0': '2022-05-10',
  '6.0': '2024-11-12',
  '7.0': '2024-05-14',
  '8.0': '2026-11-10',
  '9.0': '2026-11-10',
  '10.0': '2028-11-14',
};

/** The packages of the run time of .NET, as advisories name them. */
const runTimesOfDotnet = /^Microsoft\.(?:NETCore|AspNetCore|WindowsDesktop)\.App\.Runtime\./i;

/** Returns the last day of security support of a language package: that of its run time, if it is one. */
export function supportEndOfPackage({
  type,
  name,
  version,
}: Pick<ListedPackage, 'type' | 'name' | 'version'>): string | undefined {
  if (type !== 'nuget' || !runTimesOfDotnet.test(name)) return undefined;
  const release = /^\d+\.\d+/.exec(version)?.[0] ?? '';
  return Object.hasOwn(lastDaysOfDotnet, release) ? lastDaysOfDotnet[release] : undefined;
}
