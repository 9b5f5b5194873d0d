/**
 * Reports in the formats of other scanners, each of `libssl3 3.0.11-1` of Debian with CVE-2024-0001, and with what only that format can
 * state.
 */
export const peerDocuments = {
  trivy: {
    SchemaVersion: 2,
    CreatedAt: '2024-05-01T10:00:00.123456789Z',
    ArtifactName: 'shop.tar',
    ArtifactType: 'container_image',
    Trivy: { Version: '0.74.0' },
    Metadata: { OS: { Family: 'debian', Name: '12.5' } },
    Results: [
      {
        Target: 'shop.tar (debian 12.5)',
        Class: 'os-pkgs',
        Type: 'debian',
        Packages: [
          {
            ID: 'libssl3@3.0.11-1',
            Name: 'libssl3',
            Identifier: { PURL: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5' },
            Version: '3.0.11',
            Release: '1',
            SrcName: 'openssl',
          },
          { Name: 'perl-base', Version: '5.36.0', Release: '7', Epoch: 1 },
        ],
        Vulnerabilities: [
          {
            VulnerabilityID: 'CVE-2024-0001',
            VendorIDs: ['DSA-5000-1'],
            PkgName: 'libssl3',
            InstalledVersion: '3.0.11-1',
            FixedVersion: '3.0.13-1, 3.1.0-1',
            Status: 'fixed',
            Severity: 'MEDIUM',
            SeveritySource: 'nvd',
            PublishedDate: '2024-01-02T00:00:00Z',
          },
        ],
        ExperimentalModifiedFindings: [
          {
            Type: 'vulnerability',
            Status: 'not_affected',
            Statement: 'code not reachable',
            Source: 'vex.json',
            Finding: {
              VulnerabilityID: 'CVE-2024-0002',
              PkgName: 'perl-base',
              InstalledVersion: '1:5.36.0-7',
              Severity: 'LOW',
            },
          },
        ],
      },
      {
        Target: 'Node.js',
        Class: 'lang-pkgs',
        Type: 'node-pkg',
        Vulnerabilities: [
          {
            VulnerabilityID: 'GHSA-aaaa-bbbb-cccc',
            PkgName: '@shop/cart',
            PkgPath: 'app/node_modules/@shop/cart/package.json',
            PkgIdentifier: { PURL: 'pkg:npm/%40shop/cart@1.0.0' },
            InstalledVersion: '1.0.0',
            Severity: 'UNKNOWN',
          },
        ],
      },
      { Target: 'usr/bin/tool', Class: 'secret', Secrets: [] },
    ],
  },
  grype: {
    matches: [
      {
        vulnerability: {
          id: 'CVE-2024-0001',
          severity: 'Medium',
          fix: { versions: ['3.0.13-1'], state: 'fixed' },
          advisories: [{ id: 'DSA-5000-1', link: 'https://example.org' }],
        },
        relatedVulnerabilities: [],
        matchDetails: [{ type: 'exact-indirect-match', matcher: 'dpkg-matcher' }],
        artifact: {
          name: 'libssl3',
          version: '3.0.11-1',
          type: 'deb',
          locations: [{ path: '/var/lib/dpkg/status' }],
          purl: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&upstream=openssl',
          upstreams: [{ name: 'openssl' }],
        },
      },
      {
        vulnerability: {
          id: 'GHSA-aaaa-bbbb-cccc',
          severity: 'High',
          fix: { versions: [], state: 'unknown' },
        },
        relatedVulnerabilities: [{ id: 'CVE-2024-0003' }],
        matchDetails: [{ type: 'cpe-match', matcher: 'stock-matcher' }],
        artifact: { name: 'rails', version: '7.0.0', type: 'gem', locations: [], purl: '' },
      },
    ],
    ignoredMatches: [
      {
        vulnerability: { id: 'CVE-2024-0002', severity: 'Low' },
        matchDetails: [],
        artifact: { name: 'linux-libc-dev', version: '6.1.76-1', type: 'deb' },
        appliedIgnoreRules: [{ namespace: '', reason: 'kernel headers' }],
      },
    ],
    source: { type: 'image', target: { userInput: 'shop.tar' } },
    distro: { name: 'debian', version: '12', idLike: [] },
    descriptor: {
      name: 'grype',
      version: '0.116.0',
      timestamp: '2024-05-02T00:00:00Z',
      db: { status: { built: '2024-05-01T08:00:00Z', valid: true } },
    },
  },
  'osv-scanner': {
    results: [
      {
        source: { path: 'shop.tar:/var/lib/dpkg/status', type: 'artifact' },
        packages: [
          {
            package: { name: 'openssl', version: '3.0.11-1', ecosystem: 'Debian:12' },
            vulnerabilities: [
              {
                id: 'DEBIAN-CVE-2024-0001',
                upstream: ['CVE-2024-0001'],
                published: '2024-01-02T00:00:00Z',
                affected: [
                  {
                    package: { name: 'openssl', ecosystem: 'Debian:12' },
                    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.13-1' }] }],
                  },
                ],
              },
            ],
            groups: [
              { ids: ['DEBIAN-CVE-2024-0001'], aliases: ['DEBIAN-CVE-2024-0001'], max_severity: '5.3' },
            ],
          },
          {
            package: { name: 'requests', version: '2.0.0', ecosystem: 'PyPI' },
            vulnerabilities: [
              {
                id: 'GHSA-aaaa-bbbb-cccc',
                aliases: ['CVE-2024-0003'],
                database_specific: { severity: 'MODERATE' },
              },
              { id: 'PYSEC-2024-1', aliases: ['CVE-2024-0003'], withdrawn: '2024-03-01T00:00:00Z' },
            ],
            groups: [
              { ids: ['GHSA-aaaa-bbbb-cccc', 'PYSEC-2024-1'], aliases: ['CVE-2024-0003'], max_severity: '' },
            ],
          },
          { package: { name: 'zlib', version: '1.0', ecosystem: 'Debian:12' } },
        ],
      },
    ],
    experimental_config: { licenses: { summary: false, allowlist: null } },
  },
  'clair-v4': {
    manifest_hash: `sha256:${'a1'.repeat(32)}`,
    packages: {
      '1': {
        id: '1',
        name: 'libssl3',
        version: '3.0.11-1',
        source: { id: '2', name: 'openssl', version: '3.0.11-1' },
      },
      '3': { id: '3', name: 'requests', version: '2.0.0' },
    },
    distributions: { '1': { id: '1', did: 'debian', version_id: '12' } },
    environments: {
      '1': [{ package_db: 'var/lib/dpkg/status', introduced_in: '', distribution_id: '1' }],
      '3': [{ package_db: 'python:usr/lib/python3/dist-packages', introduced_in: '' }],
    },
    vulnerabilities: {
      '7': {
        id: '7',
        name: 'CVE-2024-0001',
        issued: '0001-01-01T00:00:00Z',
        links: 'https://security-tracker.debian.org/tracker/CVE-2024-0001',
        severity: 'medium',
        normalized_severity: 'Medium',
        fixed_in_version: '3.0.13-1',
      },
      '8': {
        id: '8',
        name: 'GHSA-aaaa-bbbb-cccc',
        issued: '2024-02-01T00:00:00Z',
        links: 'https://nvd.nist.gov/vuln/detail/CVE-2024-0003 https://example.org',
        severity: 'CVSS:3.1/AV:N',
        normalized_severity: 'Unknown',
        fixed_in_version: 'fixed=2.1.0&introduced=1.0',
      },
    },
    package_vulnerabilities: { '1': ['7'], '3': ['8'] },
    enrichments: {},
  },
  snyk: {
    ok: false,
    packageManager: 'deb',
    dependencyCount: 2,
    vulnerabilities: [
      {
        id: 'SNYK-DEBIAN12-OPENSSL-1',
        name: 'openssl/libssl3',
        packageName: 'openssl',
        version: '3.0.11-1',
        packageManager: 'debian:12',
        severity: 'medium',
        identifiers: { CVE: ['CVE-2024-0001'], CWE: [] },
        fixedIn: ['3.0.13-1'],
        publicationTime: '2024-01-02T00:00:00.000Z',
        from: ['docker-image|shop', 'openssl/libssl3@3.0.11-1'],
      },
    ],
    filtered: { ignore: [], patch: [] },
    applications: [
      {
        packageManager: 'npm',
        displayTargetFile: '/app/package.json',
        vulnerabilities: [
          {
            id: 'SNYK-JS-SHOPCART-2',
            name: '@shop/cart',
            packageName: '@shop/cart',
            version: '1.0.0',
            severity: 'high',
            identifiers: { CVE: [], GHSA: ['GHSA-aaaa-bbbb-cccc'] },
          },
          {
            id: 'snyk:lic:npm:shop:GPL',
            type: 'license',
            packageName: 'shop',
            version: '1',
            severity: 'low',
          },
        ],
        filtered: {
          ignore: [{ id: 'SNYK-JS-OLD-3', packageName: 'old', version: '1.0.0', severity: 'low' }],
        },
      },
    ],
  },
  sarif: {
    $schema: 'https://json.schemastore.org/sarif-2.1.0-rtm.5.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Trivy',
            version: '0.74.0',
            rules: [
              {
                id: 'CVE-2024-0001',
                name: 'OsPackageVulnerability',
                properties: { 'security-severity': '5.5' },
              },
            ],
          },
        },
        results: [
          {
            ruleId: 'CVE-2024-0001',
            ruleIndex: 0,
            level: 'warning',
            message: {
              text: 'Package: libssl3\nInstalled Version: 3.0.11-1\nVulnerability CVE-2024-0001\nSeverity: MEDIUM\nFixed Version: 3.0.13-1\nLink: [CVE-2024-0001](https://avd.aquasec.com/nvd/cve-2024-0001)',
            },
            locations: [
              { physicalLocation: { artifactLocation: { uri: 'shop.tar', uriBaseId: 'ROOTPATH' } } },
            ],
          },
        ],
      },
      {
        tool: { driver: { name: 'Anchore Grype Scan', version: '0.1.0', rules: [] } },
        results: [
          {
            ruleId: 'CVE-2024-0001-libssl3',
            message: {
              text: 'A medium vulnerability in deb package: libssl3, version 3.0.11-1 was found at: /x',
            },
          },
          {
            ruleId: 'CVE-2024-0002-libssl3',
            message: {
              text: 'The path x reports libssl3 at version 3.0.11-1  which is a vulnerable (deb) package installed in the container',
            },
            suppressions: [{ kind: 'external', justification: 'accepted' }],
          },
        ],
      },
      {
        tool: { driver: { name: 'osv-scanner', version: '2.5.0', rules: [] } },
        results: [
          {
            ruleId: 'GHSA-aaaa-bbbb-cccc',
            message: {
              text: "Package '@shop/cart@1.0.0' is vulnerable to 'GHSA-aaaa-bbbb-cccc' (also known as 'CVE-2024-0003').",
            },
          },
        ],
      },
      {
        tool: {
          driver: {
            name: 'Snyk Container',
            rules: [
              {
                id: 'SNYK-DEBIAN12-OPENSSL-1',
                shortDescription: { text: 'Medium severity - CVE-2024-0001 vulnerability in openssl' },
                properties: { 'security-severity': '5.5' },
              },
            ],
          },
        },
        results: [
          {
            ruleId: 'SNYK-DEBIAN12-OPENSSL-1',
            message: {
              text: 'This file introduces a vulnerable openssl/libssl3 package with a medium severity vulnerability.',
            },
            locations: [{ logicalLocations: [{ fullyQualifiedName: 'openssl/libssl3@3.0.11-1' }] }],
          },
        ],
      },
    ],
  },
  cyclonedx: {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    metadata: {
      timestamp: '2024-05-01T10:00:00Z',
      tools: { components: [{ type: 'application', name: 'trivy', version: '0.74.0' }] },
      component: {
        'bom-ref': 'image',
        type: 'container',
        name: 'shop.tar',
        purl: 'pkg:oci/shop@sha256%3Aaa',
      },
    },
    components: [
      { 'bom-ref': 'os', type: 'operating-system', name: 'debian', version: '12.5' },
      {
        'bom-ref': 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64',
        type: 'library',
        name: 'libssl3',
        version: '3.0.11-1',
        purl: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64',
        components: [
          {
            'bom-ref': 'inner',
            type: 'library',
            group: 'org.example',
            name: 'cart',
            version: '1.0.0',
            purl: 'pkg:maven/org.example/cart@1.0.0',
            properties: [{ name: 'aquasecurity:trivy:FilePath', value: 'app/cart.jar' }],
          },
        ],
      },
    ],
    vulnerabilities: [
      {
        id: 'CVE-2024-0001',
        references: [{ id: 'GHSA-aaaa-bbbb-cccc', source: { name: 'GHSA' } }],
        ratings: [{ severity: 'low' }, { severity: 'medium' }],
        published: '2024-01-02T00:00:00+00:00',
        affects: [{ ref: 'pkg:deb/debian/libssl3@3.0.11-1?arch=amd64' }],
      },
      {
        id: 'CVE-2024-0004',
        ratings: [],
        analysis: { state: 'not_affected', detail: 'not reachable' },
        affects: [{ ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#inner' }],
      },
      { id: 'NOT-ASSESSED', affects: [{ ref: 'image' }] },
    ],
  },
} as const;

/** Returns one of the reports as bytes. */
export function peerDocumentBytes(format: keyof typeof peerDocuments): Buffer {
  return Buffer.from(JSON.stringify(peerDocuments[format]));
}
