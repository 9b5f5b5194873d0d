import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementOn } from './advisory-statement.ts';

const redHat = `Python is an interpreted, interactive, object-oriented programming language.

Security Fix(es):

* python: Information Disclosure due to urlsplit improper NFKC normalization (CVE-2019-9636)

* python-sqlalchemy: SQL Injection when the group_by parameter can be controlled (CVE-2019-7548, CVE-2019-75)

For more details about the security issue(s), refer to the CVE page(s) listed in the References section.`;

const older = `The GnuTLS library provides support for cryptographic algorithms.

A flaw was found in the way GnuTLS parsed session IDs from ServerHello
messages of the TLS/SSL handshake. (CVE-2014-3466)

Red Hat would like to thank GnuTLS upstream for reporting CVE-2014-3467 and the others.`;

const oracle = `[1.5.3-126.el7_3.3]
- kvm-net-check-packet-payload-length.patch [bz#1398217]
- Resolves: bz#1398217
  (CVE-2016-2857 qemu-kvm: Qemu: net: out of bounds read in net_checksum_calculate() [rhel-7.3.z])
- Fix CVE-2016-9147 (ISC change 4510)
- floppy: use a statically allocated error counter (Willy Tarreau) [Orabug: 34218640] {CVE-2022-1652}`;

const amazon = `Package updates are available for Amazon Linux 2 that fix the following vulnerabilities:
CVE-2017-6464:
	A vulnerability was discovered in the NTP server's parsing
	of configuration directives.
1433987: 
CVE-2017-6464 ntp: Denial of Service via Malformed Config

CVE-2017-6463:
	1434002: CVE-2017-6463 ntp: Authenticated DoS via Malicious Config Option
`;

const suse = `This update for LibreOffice fixes the following issues:
  * Security issues fixed:
    + CVE-2023-0950: Fixed stack underflow in ScInterpreter (bsc#1209242)
    + CVE-2023-2255: Fixed vulnerability in documents loaded via IFrame (bsc#1211746)`;

const statements: readonly (readonly [
  vendor: string,
  text: string,
  cve: string,
  statement: string | undefined,
])[] = [
  [
    'Red Hat',
    redHat,
    'CVE-2019-9636',
    'python: Information Disclosure due to urlsplit improper NFKC normalization',
  ],
  [
    'Red Hat',
    redHat,
    'CVE-2019-75',
    'python-sqlalchemy: SQL Injection when the group_by parameter can be controlled',
  ],
  ['Red Hat', redHat, 'CVE-2019-754', undefined],
  [
    'older Red Hat',
    older,
    'CVE-2014-3466',
    'A flaw was found in the way GnuTLS parsed session IDs from ServerHello messages of the TLS/SSL handshake.',
  ],
  ['older Red Hat', older, 'CVE-2014-3467', undefined],
  [
    'Oracle',
    oracle,
    'CVE-2016-2857',
    'qemu-kvm: Qemu: net: out of bounds read in net_checksum_calculate() [rhel-7.3.z])',
  ],
  ['Oracle', oracle, 'CVE-2016-9147', undefined],
  ['Oracle', oracle, 'CVE-2022-1652', 'floppy: use a statically allocated error counter (Willy Tarreau)'],
  [
    'Amazon',
    amazon,
    'CVE-2017-6464',
    "A vulnerability was discovered in the NTP server's parsing of configuration directives.",
  ],
  ['Amazon', amazon, 'CVE-2017-6463', 'ntp: Authenticated DoS via Malicious Config Option'],
  ['SUSE', suse, 'CVE-2023-0950', 'Fixed stack underflow in ScInterpreter'],
];

for (const [vendor, text, cve, statement] of statements)
  test(`${vendor}: describes ${cve} by ${statement === undefined ? 'nothing' : 'its own item'} of the advisory`, () => {
    assert.equal(statementOn(cve, text), statement);
  });

test('gives no description when an update says nothing about the vulnerability', () => {
  const photon = "This update upgrade sqlite to 3.27.2-5.ph3 #Fixes {'CVE-2019-16168'}";
  assert.equal(statementOn('CVE-2019-16168', photon), undefined);
});
