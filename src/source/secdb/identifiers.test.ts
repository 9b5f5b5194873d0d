import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIdentifiers } from './identifiers.ts';

/** Entries of Alpine's files. */
const entries: readonly [entry: string, cves: readonly string[], others: readonly string[]][] = [
  ['CVE-2019-1547', ['CVE-2019-1547'], []],
  ['CVE-2017-12855 XSA-230', ['CVE-2017-12855'], ['XSA-230']],
  ['GNUTLS-SA-2020-03-31 CVE-2020-11501', ['CVE-2020-11501'], ['GNUTLS-SA-2020-03-31']],
  ['CVE-2020-11740 CVE-2020-11741 XSA-313', ['CVE-2020-11740', 'CVE-2020-11741'], ['XSA-313']],
  ['CVE-2024-22195 GHSA-h5c8-rqwp-cp95', ['CVE-2024-22195'], ['GHSA-h5c8-rqwp-cp95']],
  ['CVE-2017-12122 TALOS-2017-0488', ['CVE-2017-12122'], ['TALOS-2017-0488']],
  ['CVE-2016-10134 ZBX-11023', ['CVE-2016-10134'], ['ZBX-11023']],
  ['CVE N/A ZBX-11023', [], ['ZBX-11023']],
  ['CVE-????-????? XSA-312', [], ['XSA-312']],
  ['CVE-2022-45059 VSV00010', ['CVE-2022-45059'], ['VSV00010']],
  ['CVE-2018-8897 \tXSA-260 ', ['CVE-2018-8897'], ['XSA-260']],
  ['CVE-2017-2616 (+ regression fix)', ['CVE-2017-2616'], []],
  ['CVE-2018-14469 (IKEv1)', ['CVE-2018-14469'], []],
  ['CVE-2018-10103 (SMB - partially fixed, but SMB printing disabled)', ['CVE-2018-10103'], []],
  ['CVE-2020-0001 (in part, see v2 of the patch)', ['CVE-2020-0001'], []],
  ['CVE_2019-2426', ['CVE-2019-2426'], []],
  ['CVE_2019_2426', ['CVE-2019-2426'], []],
  ['CVE-2017-17434-1', ['CVE-2017-17434'], []],
  ['CVE-46838', [], ['CVE-46838']],
  ['ZDI-CAN-22300', [], ['ZDI-CAN-22300']],
  ['DW202402-001', [], ['DW202402-001']],
  ['GHSA-jjjj-vvvv-pppp', [], ['GHSA-jjjj-vvvv-pppp']],
  // Nothing looks like an id, so the whole entry is the id.
  ['no id yet', [], ['no id yet']],
  [' CVE-????-????? ', [], ['CVE-????-?????']],
  ['', [], []],
  [' \t', [], []],
];

for (const [entry, cves, others] of entries) {
  test(`reads the names in ${JSON.stringify(entry)}`, () => {
    assert.deepEqual(readIdentifiers(entry), { cves, others });
  });
}
