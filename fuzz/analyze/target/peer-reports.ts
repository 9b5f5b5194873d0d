import { compareWithPeers } from '../../../src/match/peer-comparison/compare-with-peers.ts';
import type { PeerReport } from '../../../src/model/peer-report.ts';
import { readPeerReport } from '../../../src/peer-reports/read-peer-report.ts';
import { peerDocumentBytes, peerDocuments } from '../../../src/testing/peer-documents.ts';
import { sampleReport } from '../../../src/testing/sample-report.ts';
import { assertExpectedError, InvariantViolation } from '../invariants.ts';
import { textMutations, words } from '../mutation/text.ts';
import { bytesOf, single, type Target } from './target.ts';

const someWords = words(
  ...['"purl":"pkg:', '"affects":[', '"version":"', '"name":"', 'null', '{}', '[]', '0', '1e999', '-1'],
  ...['pkg:deb/', '%', '%00', '@', '&epoch=', '\\u0000', '\\ud800', 'CVE-2024-0001', 'GHSA-aaaa-bbbb-cccc'],
);

const formats = Object.keys(peerDocuments) as (keyof typeof peerDocuments)[];

/** A report of another scanner: read completely, or refused. No finding is lost or counted twice when it is compared. */
export const peerReportTargets: readonly Target[] = formats.map((format) => ({
  name: `peer-${format}`,
  paths: [''],
  seeds: () => [single(peerDocumentBytes(format))],
  mutations: [...textMutations, someWords, someWords],
  async run(input) {
    let report: PeerReport;
    try {
      report = readPeerReport(bytesOf(input), 'an input');
    } catch (error) {
      assertExpectedError(error);
      return;
    }
    await check(report);
  },
}));

async function check(report: PeerReport): Promise<void> {
  for (const { id, package: item } of [...report.findings])
    if (id === '' || item.name === '') throw new InvariantViolation('a finding has no id or no package');
  const peers = [{ reference: 'peer.json', report }];
  const { target, peers: compared } = await compareWithPeers(sampleReport, peers, {
    schemes: [],
    ask: async (questions) => questions.map(() => undefined),
  });
  const [{ agreed, onlyClair, onlyPeer, rules, differences } = missing()] = compared;
  if (agreed + onlyClair !== target.findings) throw new InvariantViolation('a finding of Clair is missing');
  const explained = rules.reduce((sum, { count }) => sum + count, 0);
  if (differences.length !== onlyClair + onlyPeer || explained !== differences.length)
    throw new InvariantViolation('a difference is missing');
}

function missing(): never {
  throw new InvariantViolation('there is no comparison');
}
