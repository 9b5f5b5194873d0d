/**
 * Fixture files that no case uses, by path prefix, with the reason. No source here reads their formats; docs/reference/feeds.md explains
 * why under the heading named first.
 */
export const unreadFixtures: readonly (readonly [prefix: string, heading: string])[] = [
  // Feeds as aquasecurity/vuln-list converts them. The conversion by trivy-db is in its code, without fixtures beside it.
  ['trivy-db/', 'Formats that only another scanner writes'],
  ['vuln-list-update/utils/', 'Formats that only another scanner writes'],
  ['vunnel/tests/unit/providers/github/', 'Formats that only another scanner writes'],

  ['vuln-list-update/alma/testdata/', 'The older errata of AlmaLinux'],
  ['vuln-list-update/alpine-unfixed/', 'Guesses about unfixed Alpine packages'],
  ['vuln-list-update/echo/', 'Distributions that are not assessed'],
  ['vuln-list-update/openeuler/', 'The single files of openEuler'],
  ['vunnel/tests/unit/providers/echo/', 'Distributions that are not assessed'],
  ['vunnel/tests/unit/providers/secureos/', 'Distributions that are not assessed'],
  ['vuln-list-update/seal/', 'Packages rebuilt by third parties'],
  ['vunnel/tests/unit/providers/chainguard_libraries/', 'Packages rebuilt by third parties'],
  ['vunnel/tests/unit/providers/bitnami/', 'Bitnami'],
  ['vuln-list-update/debian/', 'The source lists of Debian’s tracker'],
  ['vuln-list-update/redhat/', 'Red Hat’s API per CVE'],
  ['vuln-list-update/photon/testdata/photon_versions.json', 'Lists of releases'],
  ['vunnel/tests/unit/providers/photon/test-fixtures/input/photon.wiki/', 'Advisories for people'],
  ['vunnel/tests/unit/providers/amazon/', 'Advisories for people'],
];

/** The same for Clair's fixtures. */
export const unreadClairFixtures: readonly (readonly [prefix: string, heading: string])[] = [
  ['ext/vulnmdsrc/', 'NVD’s files of version 1.1'],
  ['release-2.0/ext/vulnmdsrc/', 'NVD’s files of version 1.1'],
  ['ext/vulnsrc/redhat/testdata/v2/PULP_MANIFEST', 'Lists of releases'],
];
