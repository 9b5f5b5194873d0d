/** Facts on which we differ from another reader of the same file on purpose. */
export interface FactDeviation {
  /** Heading in docs/reference/feeds.md with the reason. */
  readonly rule: string;
  /** Facts of the other reader that we do not have. */
  readonly missing?: readonly string[];
  /** Our facts that the other reader does not have. */
  readonly added?: readonly string[];
}

const whole = 'A record with missing tests';
const kernel15 = '4.12.14-150.72';
const kernel151 = '4.12.14-197.89';

/** Only `kernel-docs` has another build. */
function kernelRows(namespace: string, version: string, build: number): string[] {
  const names = [
    'default',
    'default-base',
    'default-devel',
    'devel',
    'docs',
    'macros',
    'obs-build',
    'source',
    'syms',
  ];
  const rows = names.map((name) => `kernel-${name} ${version}.${name === 'docs' ? build + 1 : build}`);
  const others = [`reiserfs-kmp-default ${version}.${build}`];
  if (namespace === 'sles:15') others.push(`kernel-vanilla-base ${version}.${build}`);
  return [...rows, ...others].map((row) => `CVE-2021-29154 ${namespace} ${row}`);
}

/** Deviations by the name of the case. */
export const factDeviations: Readonly<Record<string, readonly FactDeviation[]>> = {
  'vunnel photon 4.0': [
    { rule: 'Not-affected statements are kept', added: ['CVE-2023-44487 photon:4.0 httpd not-affected'] },
    { rule: 'Records that are not understood are reported', added: ['krb5-devel/BDSA-2025-0719 skipped'] },
  ],
  'vuln-list photon': [
    { rule: 'Records that are not understood are reported', added: ['curl-libs/UNK-1 skipped'] },
  ],
  'vunnel sles-15': [
    {
      rule: 'Not-affected statements are kept',
      added: [
        'CVE-1999-0524 sles:15 kernel-default not-affected',
        'CVE-1999-0524 sles:15 kernel-source not-affected',
        'CVE-1999-0524 is Medium',
      ],
    },
    { rule: whole, added: kernelRows('sles:15', kernel15, 1) },
  ],
  'vunnel sles-15.1': [
    { rule: whole, added: kernelRows('sles:15.1', kernel151, 2) },
    {
      rule: 'A vulnerability without affected packages',
      added: ['CVE-1999-0524 is Medium', 'CVE-2010-1323 is Medium', 'CVE-2026-34073 is Medium'],
    },
  ],
  'vunnel kev': [
    {
      rule: 'Weaknesses come from NVD',
      missing: [
        'CVE-2024-53704 2025-02-18 2025-03-11 false CWE-287',
        'CVE-2024-57727 2025-02-13 2025-03-06 false CWE-22',
        'CVE-2025-0108 2025-02-18 2025-03-11 false CWE-306',
      ],
      added: [
        'CVE-2024-53704 2025-02-18 2025-03-11 false undefined',
        'CVE-2024-57727 2025-02-13 2025-03-06 false undefined',
        'CVE-2025-0108 2025-02-18 2025-03-11 false undefined',
      ],
    },
  ],
  'vuln-list osv PyPI': [
    { rule: 'Versions listed outside a range', added: ['PYSEC-2006-1 pypi cherrypy unfixed'] },
  ],
  'clair collect-vulns-rhel7': [
    {
      rule: 'A definition must name its release',
      missing: ['oval:com.redhat.rhsa:def:20191619 vim-common 2:7.4.160-6.el7_6'],
      added: ['oval:com.redhat.rhsa:def:20191619 skipped'],
    },
  ],
  'clair collect-vulns-rhel8': [
    {
      rule: 'A definition must name its release',
      missing: ['oval:com.redhat.rhsa:def:20191619 vim-common 2:8.0.1763-11.el8_0'],
      added: ['oval:com.redhat.rhsa:def:20191619 skipped'],
    },
  ],
  'release-2.0 ext/versionfmt/rpm/parser_test.go:84': [
    { rule: 'A missing rpm release', missing: ['1.0 GREATER 1.0-~'], added: ['1.0 LESS 1.0-~'] },
  ],
  'development-3.0 ext/versionfmt/rpm/parser_test.go:84': [
    { rule: 'A missing rpm release', missing: ['1.0 GREATER 1.0-~'], added: ['1.0 LESS 1.0-~'] },
  ],
  'release-2.0 ext/featurefmt/dpkg/dpkg_test.go:26': [
    { rule: 'Versions that dpkg accepts', added: ['invalidpkg-5 5.#'] },
  ],
};
