import * as z from 'zod/mini';
import { documentBy } from './document-text.ts';
import type { ReadDocument } from './entry.ts';
import { ownDistro, ownLayer, ownPackage, ownStatus, ownTarget, ownUnread } from './own-parts.ts';

/** The part of a report that an inventory has. */
const ownReport = z.object({
  target: ownTarget,
  distro: z.nullable(ownDistro),
  layers: z.array(ownLayer),
  packages: z.array(ownPackage),
  unread: z.optional(z.array(ownUnread)),
  statuses: z.array(ownStatus),
});

/** A JSON report of clair: findings are left aside, since advisories change. */
export function readOwnReport(document: unknown, name: string): ReadDocument {
  const { target, distro, layers, packages, unread, statuses } = documentBy(ownReport, document, name);
  return {
    subject: target,
    layers,
    statuses,
    ...(unread !== undefined && { unread }),
    isOwn: true,
    entries: [
      ...(distro === null ? [] : [{ system: distro, reference: 'distro' }]),
      ...packages.map((own) => ({ own })),
    ],
  };
}
