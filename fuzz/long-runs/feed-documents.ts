/** One record of each feed format, with a value in every member that is read. */

const cvss = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H';
const cve = 'CVE-2024-0001';

export const secdb: object = {
  packages: [
    { pkg: { name: 'xz', secfixes: { '5.4-r1': [`${cve} XSA-1 (in part)`], '0': ['CVE-2024-0002'] } } },
  ],
};

export const tracker: object = {
  xz: {
    [cve]: {
      description: 'A flaw.',
      scope: 'remote',
      releases: {
        bookworm: {
          ...{ status: 'open', urgency: 'medium**', nodsa: 'Minor issue', nodsa_reason: 'ignored' },
          repositories: { bookworm: '5.4.1-0.2' },
        },
        sid: { status: 'resolved', fixed_version: '5.6.1-1', urgency: 'not yet assigned' },
      },
    },
  },
};

export const glsa = `<?xml version="1.0"?>
<!DOCTYPE glsa SYSTEM "http://a.example/glsa.dtd">
<glsa id="202401-01"><title>A flaw</title><synopsis>A flaw.</synopsis><product type="ebuild">xz</product><revised count="1">2024-01-03</revised>
<affected><package name="app-arch/xz" auto="yes" arch="*"><unaffected range="ge">5.4.1-r2</unaffected><vulnerable range="lt" slot="0">5.4.1-r2</vulnerable></package></affected>
<impact type="high"/><references><uri link="https://a.example/1">${cve}</uri></references></glsa>`;

export const avg: object = {
  ...{
    name: 'AVG-1',
    packages: ['xz', 'xz-docs'],
    status: 'Fixed',
    severity: 'High',
    type: 'denial of service',
  },
  ...{ affected: '1:5.4.1-1', fixed: '1:5.4.1-2', issues: [cve] },
};

export const statements: object = [
  { dated: '2024-01-01T00:00:00.000Z' },
  {
    id: cve,
    products: [
      {
        ...{ product: 'xz', by: 'cna', otherVersions: 'affected' },
        versions: [
          {
            ...{ status: 'affected', version: '5.0', lessThan: '5.6', versionType: 'custom' },
            changes: [
              { at: '5.4.1', status: 'unaffected' },
              { at: '5.5.1', status: 'unaffected' },
            ],
          },
          { status: 'affected', version: '>= 4.0, < 4.9' },
          { status: 'affected', version: 'Fixed in xz 3.9 (Affected 3.1-3.8)' },
          { status: 'affected', version: '3.0 to 3.0.9' },
          { status: 'unaffected', version: '5.3.x' },
        ],
      },
    ],
  },
];

const events = [{ introduced: '0' }, { fixed: '1.0.0' }];

/** Returns an OSV record of an ecosystem. */
export function osv(ecosystem: string): object {
  return {
    ...{ id: 'GHSA-aaaa-bbbb-cccc', aliases: [cve], related: [cve], modified: '2024-01-01T00:00:00Z' },
    ...{ summary: 'Important: xz security update', details: 'A flaw.' },
    severity: [{ type: 'CVSS_V3', score: cvss }],
    references: [{ type: 'ADVISORY', url: 'https://a.example/1' }],
    affected: [
      {
        package: { ecosystem, name: 'acme/xz', purl: 'pkg:generic/acme/xz@1?arch=x86_64' },
        ranges: [
          { type: 'ECOSYSTEM', events },
          { type: 'SEMVER', events },
        ],
        versions: ['0.9.0', '0.9.1-rc.1'],
        ecosystem_specific: { severity: 'high' },
        database_specific: { source: 'https://a.example/1' },
      },
    ],
    database_specific: { severity: 'HIGH', cwe_ids: ['CWE-79'] },
  };
}

export const ubuntuOsv: object = {
  ...{ id: 'UBUNTU-CVE-2024-0001', upstream: [cve], details: 'A flaw.' },
  affected: [
    {
      package: {
        ecosystem: 'Ubuntu:22.04:LTS',
        name: 'xz',
        purl: 'pkg:deb/ubuntu/xz@5.2?arch=source&distro=jammy',
      },
      ranges: [{ type: 'ECOSYSTEM', events }],
      versions: ['5.2'],
      ecosystem_specific: {
        ubuntu_priority: 'low',
        binaries: [{ binary_name: 'xz-utils', binary_version: '1.0.0' }],
      },
    },
  ],
  severity: [
    { type: 'Ubuntu', score: 'medium' },
    { type: 'CVSS_V3', score: cvss },
  ],
};

export const ubuntuVex: object = {
  statements: [
    {
      vulnerability: { name: cve },
      status: 'affected',
      action_statement: 'This package (for the given release) is no longer supported',
      status_notes: 'a note',
      products: [{ '@id': 'pkg:deb/ubuntu/xz@5.2?arch=source&distro=jammy' }],
    },
  ],
};

export const ubuntuTracker = `Candidate: ${cve}
PublicDate: 2024-01-01
References:
 https://ubuntu.com/security/notices/USN-1-1
Description:
 A flaw (in part).
Priority: medium
CVSS:
 nvd: ${cvss} [7.5 HIGH]
jammy_xz: released (5.4-1)
esm-infra/xenial_xz: ignored (end of life, was needed)
`;

export const ubuntuOval = `<oval_definitions><definitions>
<definition class="vulnerability" id="oval:com.ubuntu.jammy:def:1"><metadata>
<title>${cve} on Ubuntu 22.04 LTS (jammy) - medium</title><description>A flaw. Update Instructions: none</description>
<reference source="CVE" ref_id="${cve}" ref_url="https://a.example/1"/>
<advisory><severity>Medium</severity><cve usns="6561-1,6560-2" cvss_vector="${cvss}">${cve}</cve></advisory>
</metadata><criteria><extend_definition definition_ref="d:100" comment="Ubuntu 22.04 LTS (jammy) is installed."/>
<criteria operator="OR"><criterion test_ref="t:2" comment="xz-utils package in jammy was vulnerable but has been fixed (note: '5.2.5-2ubuntu1')."/></criteria></criteria></definition></definitions>
<tests><dpkginfo_test id="t:2" check="at least one"><object object_ref="o:1"/></dpkginfo_test></tests></oval_definitions>`;

const vim = 'vim-2:9-1.el9.x86_64';
const product = `AppStream-9.3.0.Z.MAIN:${vim}`;

export const redhat: object = {
  document: {
    ...{ category: 'csaf_vex', aggregate_severity: { text: 'Moderate' } },
    tracking: { id: cve, status: 'final', current_release_date: '2024-05-01T10:00:00+00:00' },
  },
  product_tree: {
    branches: [
      {
        ...{ category: 'vendor', name: 'Red Hat' },
        branches: [
          branch('AppStream-9.3.0.Z.MAIN', { cpe: 'cpe:/a:redhat:enterprise_linux:9::appstream' }),
          branch(vim, { purl: 'pkg:rpm/redhat/vim@9-1.el9?arch=x86_64&epoch=2' }),
        ],
      },
    ],
    relationships: [relationship(product, vim, 'AppStream-9.3.0.Z.MAIN')],
  },
  vulnerabilities: [
    {
      ...{ cve, notes: [{ category: 'description', text: 'A bug.' }] },
      product_status: {
        fixed: [product],
        known_affected: [],
        known_not_affected: [],
        under_investigation: [],
      },
      remediations: [
        {
          ...{ category: 'vendor_fix', details: 'Update.', product_ids: [product] },
          url: 'https://access.redhat.com/errata/RHSA-2024:0002',
        },
      ],
      threats: [{ category: 'impact', details: 'Moderate', product_ids: [product] }],
      scores: [{ cvss_v3: { vectorString: cvss, baseScore: 7.5 }, products: [product] }],
      references: [{ category: 'self', url: 'https://access.redhat.com/security/cve/CVE-2024-0001' }],
    },
  ],
};

function branch(name: string, helper: object): object {
  return { product: { name, product_id: name, product_identification_helper: helper } };
}

function relationship(id: string, reference: string, to: string): object {
  return {
    ...{ category: 'default_component_of', full_product_name: { name: 'x', product_id: id } },
    ...{ product_reference: reference, relates_to_product_reference: to },
  };
}

/** Returns an OVAL file with one definition, one test and its object and state. */
function oval(definition: string, evr: string): string {
  return `<oval_definitions><definitions>${definition}</definitions>
<tests><rpminfo_test id="t:1" check="at least one"><object object_ref="o:1"/><state state_ref="s:1"/></rpminfo_test></tests>
<objects><rpminfo_object id="o:1"><name>xz</name></rpminfo_object></objects>
<states><rpminfo_state id="s:1"><arch operation="pattern match">aarch64|x86_64</arch><evr operation="less than">${evr}</evr></rpminfo_state></states></oval_definitions>`;
}

const xzIsEarlier = '<criterion test_ref="t:1" comment="xz is earlier than 0:5.4-1.el8"/>';

export const redhatOval: string = oval(
  `<definition class="patch" id="oval:com.redhat.rhsa:def:20240001"><metadata>
<title>RHSA-2024:0001: xz security update (Important)</title>
<reference ref_id="RHSA-2024:0001" ref_url="https://a.example/1" source="RHSA"/><reference ref_id="${cve}" ref_url="https://a.example/2" source="CVE"/>
<description>A bug.</description><advisory from="a"><severity>Important</severity><issued date="2024-01-01"/><updated date="2024-01-02"/>
<cve cvss2="4.3/AV:N/AC:M/Au:N/C:N/I:P/A:N" cvss3="7.5/${cvss}" cwe="CWE-79" href="h">${cve}</cve></advisory></metadata>
<criteria operator="AND"><criterion comment="Red Hat Enterprise Linux 8 is installed" test_ref="x"/><criterion comment="Module xz:5 is enabled" test_ref="x"/>
${xzIsEarlier}<criterion comment="xz is signed with Red Hat redhatrelease2 key" test_ref="x"/></criteria></definition>`,
  '0:5.4-1.el8',
);

export const oracle: string = oval(
  `<definition class="patch" id="oval:com.oracle.elsa:def:20241"><metadata><title>ELSA-2024-1: xz security update (MODERATE)</title>
<reference source="elsa" ref_id="ELSA-2024-1" ref_url="https://a.example/1"/><reference source="CVE" ref_id="${cve}" ref_url="https://a.example/2"/>
<description>Fixes it.</description><advisory><severity>MODERATE</severity><issued date="2024-03-01"/><cve href="h" cvss3="7.5/${cvss}">${cve}</cve></advisory></metadata>
<criteria operator="AND"><criterion test_ref="x" comment="Oracle Linux 8 is installed"/><criterion test_ref="x" comment="Oracle Linux arch is x86_64"/>
${xzIsEarlier}<criterion test_ref="x" comment="xz is signed with the Oracle Linux 8 key"/></criteria></definition>`,
  '0:5.4-1.el8',
);

export const suse: string = oval(
  `<definition id="oval:org.opensuse.security:def:20240001" class="vulnerability"><metadata><title>${cve}</title>
<reference ref_id="Mitre ${cve}" ref_url="https://a.example/1" source="CVE"/><reference ref_id="SUSE-SU-2024:0001-1" ref_url="https://a.example/2" source="SUSE-SU"/>
<description>A bug.</description><advisory from="a"><issued date="2024-01-01"/><updated date="2024-02-01"/><severity>Important</severity>
<cve impact="important" cvss3="7.5/${cvss}" href="h">${cve} at SUSE</cve></advisory></metadata>
<criteria operator="AND"><criteria operator="OR"><criterion test_ref="x" comment="openSUSE Leap 15.6 is installed"/>
<criterion test_ref="x" comment="SUSE Linux Enterprise Module for Basesystem 15 SP6 is installed"/></criteria>
<criterion test_ref="t:1" comment="xz-5.4-1.1 is installed"/></criteria></definition>`,
  '0:5.4-1.1',
);

export const azure: string = oval(
  `<definition class="vulnerability" id="oval:com.microsoft.azurelinux:def:1" version="1"><metadata><title>${cve} affecting package xz</title>
<reference ref_id="${cve}" ref_url="https://a.example/1" source="CVE"/><patchable>true</patchable><advisory_date>2024-01-19T03:54:24Z</advisory_date>
<severity>High</severity><description>A flaw.</description></metadata>
<criteria operator="AND"><criterion comment="Package xz is earlier" test_ref="t:1"/></criteria></definition>`,
  '0:5.4-1.azl3',
);

export const photon: string = oval(
  `<definition id="oval:com.vmware.phsa:def:1" class="patch"><metadata><title>PHSA-2024-3.0-0001: xz (Important)</title>
<reference source="PHSA" ref_id="PHSA-2024-3.0-0001" ref_url="https://a.example/1"/><reference source="CVE" ref_id="${cve}" ref_url="https://a.example/2"/>
<advisory><severity>Important</severity><issued date="2024-01-01"/></advisory></metadata>
<criteria operator="AND"><criterion test_ref="t:1" comment="xz is earlier than 0:5.4-1.ph3"/></criteria></definition>`,
  '0:5.4-1.ph3',
);

export const amazon = `<updates><update type="security" author="a" status="final"><id>ALAS2-2024-1</id><title>Amazon Linux 2: ALAS2-2024-1</title>
<issued date="2024-01-01 00:00"/><updated date="2024-01-02 00:00"/><severity>important</severity><description>A flaw.</description>
<references><reference href="https://a.example/1" id="${cve}" type="cve"/></references>
<pkglist><collection><name>Amazon Linux 2</name><package name="xz" epoch="0" version="5" release="1.amzn2" arch="x86_64"><filename>xz.rpm</filename></package></collection></pkglist></update></updates>`;

const rpm = {
  name: 'xz',
  epoch: '0',
  version: '5',
  release: '1.el9',
  arch: 'x86_64',
  module: 'xz:5:8040:830d479e',
};

export const alma: object = {
  data: [
    {
      ...{ id: 'ALSA-2024:1', type: 'security', severity: 'Important', title: 'xz', description: 'A flaw.' },
      ...{ issued_date: 1_700_000_000, packages: [rpm] },
      references: [
        { type: 'cve', id: cve, href: 'h' },
        { type: 'self', href: 'https://a.example/1' },
      ],
    },
  ],
};

export const rocky: object = [
  {
    advisories: [
      {
        ...{
          name: 'RLSA-2024:1',
          kind: 'Security',
          severity: 'Important',
          synopsis: 'Important: xz',
          topic: 'xz',
        },
        ...{ description: 'A flaw.', published_at: '2024-01-01T00:00:00Z' },
        cves: [{ cve, cvss3_scoring_vector: cvss, cvss3_base_score: '7.5', cwe: 'CWE-79' }],
        packages: [
          {
            ...{ nevra: 'xz-0:5-1.el9.x86_64.rpm', package_name: 'xz', product_name: 'Rocky Linux 9' },
            ...{ module_name: 'xz', module_stream: '5', repo_name: 'BaseOS' },
          },
        ],
        affected_products: [
          { name: 'Rocky Linux 9 x86_64', variant: 'Rocky Linux', major_version: 9, arch: 'x86_64' },
        ],
      },
    ],
  },
];

const build = 'libzzip-0-13-0.13.72-150600.4.3.1.x86_64';
const server = 'SUSE Linux Enterprise Server 15 SP6';

export const csaf: object = {
  document: {
    ...{
      aggregate_severity: { text: 'important' },
      notes: [{ category: 'description', text: 'Fixes a flaw.' }],
    },
    references: [{ category: 'self', url: 'https://a.example/1' }],
    tracking: { id: 'SUSE-SU-2024:0001-1', current_release_date: '2024-08-15T07:01:23Z' },
  },
  product_tree: {
    branches: [
      {
        ...{ category: 'architecture', name: 'x86_64' },
        branches: [{ category: 'product_version', name: build, product: { name: build, product_id: build } }],
      },
    ],
    relationships: [relationship(`${server}:${build}`, build, server)],
  },
  vulnerabilities: [
    {
      ...{ cve, product_status: { recommended: [`${server}:${build}`] } },
      scores: [{ cvss_v3: { vectorString: cvss, baseScore: 7.5 }, products: [`${server}:${build}`] }],
    },
  ],
};

export const kev: object = {
  vulnerabilities: [
    {
      ...{ cveID: cve, dateAdded: '2024-01-01', dueDate: '2024-02-01', requiredAction: 'Update.' },
      ...{ vulnerabilityName: 'A flaw', knownRansomwareCampaignUse: 'Known', notes: 'https://a.example/1' },
    },
  ],
};

export const euvd: readonly object[] = [
  { cveId: cve, euvdId: 'EUVD-2024-1', dateAdded: '2024-01-01', sources: ['cisa_kev', 'eukev_kev'] },
];

export const nvd: object = {
  vulnerabilities: [
    {
      cve: {
        ...{ id: cve, published: '2024-01-01T00:00:00.000', lastModified: '2024-01-01T00:00:00.000' },
        ...{ vulnStatus: 'Analyzed', descriptions: [{ lang: 'en', value: 'A flaw' }] },
        metrics: {
          cvssMetricV31: [
            {
              ...{ source: 'nvd@nist.gov', type: 'Primary' },
              cvssData: { vectorString: cvss, baseScore: 7.5, baseSeverity: 'HIGH' },
            },
          ],
        },
        weaknesses: [{ description: [{ lang: 'en', value: 'CWE-79' }] }],
      },
    },
  ],
};

/** A record of the CVE list. */
export const cveRecordOfList: object = {
  ...{ dataType: 'CVE_RECORD', dataVersion: '5.1' },
  cveMetadata: { cveId: cve, state: 'PUBLISHED', datePublished: '2024-01-01T00:00:00.000Z' },
  containers: {
    cna: {
      providerMetadata: { orgId: 'x', shortName: 'redhat' },
      descriptions: [{ lang: 'en', value: 'A flaw' }],
      metrics: [{ cvssV3_1: { vectorString: cvss, baseScore: 7.5, baseSeverity: 'HIGH' } }],
      problemTypes: [{ descriptions: [{ cweId: 'CWE-79' }] }],
    },
  },
};

export const epss = `#model_version:v2025.03.14,score_date:2025-03-14T00:00:00+0000
cve,epss,percentile
${cve},0.5,0.9
CVE-2024-0002,0.00001,0.1
`;
