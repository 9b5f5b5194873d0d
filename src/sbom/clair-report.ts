import * as z from 'zod/mini';
import {
  distroSchema,
  layerSchema,
  packageSchema,
  statusSchema,
  targetSchema,
  unreadSchema,
} from './clair-schemas.ts';
import type { SbomDocument } from './sbom-entry.ts';
import { parseSbomDocument } from './sbom-json.ts';

/** The part of a report that an inventory needs. */
const reportSchema = z.object({
  target: targetSchema,
  distro: z.nullable(distroSchema),
  layers: z.array(layerSchema),
  packages: z.array(packageSchema),
  unread: z.optional(z.array(unreadSchema)),
  statuses: z.array(statusSchema),
});

/** Reads a JSON report of clair. Ignores its findings, since advisories change. */
export function readClairReport(document: unknown, name: string): SbomDocument {
  const { target, distro, layers, packages, unread, statuses } = parseSbomDocument(
    reportSchema,
    document,
    name,
  );
  return {
    subject: target,
    layers,
    statuses,
    ...(unread !== undefined && { unread }),
    isFromClair: true,
    entries: [
      ...(distro === null ? [] : [{ distro, reference: 'distro' }]),
      ...packages.map((clairPackage) => ({ clairPackage })),
    ],
  };
}
