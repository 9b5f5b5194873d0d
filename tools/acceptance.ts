/**
 * Compares the packages of all images of `corpus/apps` with the recorded lists of other scanners. Prints each rule with the number of
 * differences that it explains, and all differences that no rule explains.
 *
 *     npm run acceptance
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Report } from '../src/model/report.ts';
import { appImage, appImages } from '../src/testing/app-images.ts';
import {
  corpusRules,
  differencesFromPeer,
  differenceText,
  type ExplainedDifference,
  peers,
} from '../src/testing/peer-packages.ts';

const clair = resolve(import.meta.dirname, '../bin/clair');

const differences = appImages().flatMap((image) => {
  const listed = listPackages(image);
  return peers.flatMap((peer) => differencesFromPeer(image, peer, listed));
});
const isOf = (id: string | undefined) => (one: ExplainedDifference) => one.rule?.id === id;
for (const { id, reason } of corpusRules) printRow(id, differences.filter(isOf(id)), reason);
const unexplained = differences.filter(isOf(undefined));
printRow('unexplained', unexplained, '');
for (const one of unexplained) console.log(`${one.image}: ${differenceText(one)}`);
process.exitCode = unexplained.length === 0 ? 0 : 1;

function listPackages(image: string): Report {
  const args = ['sbom', appImage(image), '--db', ':memory:', '--format', 'json'];
  return JSON.parse(execFileSync(clair, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })) as Report;
}

function printRow(id: string, rows: readonly ExplainedDifference[], reason: string): void {
  const counts = peers.map((peer) => `${peer} ${rows.filter((one) => one.peer === peer).length}`);
  console.log(`${id.padEnd(38)} ${counts.join(', ').padEnd(40)} ${reason}`);
}
