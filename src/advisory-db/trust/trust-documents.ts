import * as z from 'zod/mini';
import { databaseForm } from '../documents.ts';

/**
 * The signed documents of a published database, by file name. The Update Framework defines them: `1.root.json`, `timestamp.json`,
 * `7.snapshot.json`, `7.targets.json`.
 */
export type TrustDocuments = ReadonlyMap<string, Buffer>;

/** The roles of The Update Framework, each of which signs one document. */
export const roles = ['root', 'targets', 'snapshot', 'timestamp'] as const;
/** A role of The Update Framework. */
export type Role = (typeof roles)[number];

/** The only target: the compressed catalogue, which has the digests of all other files. */
export const catalogueTarget: string = `catalogue-${databaseForm}.json.zst`;

/** The version of the specification that the documents follow. */
export const specVersion = '1.0.31';

/** Returns the file name of a document of a role. Every version of a document but the timestamp has a name of its own. */
export function documentName(role: Role, version: number): string {
  return role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`;
}

const text = z.string().check(z.maxLength(4096));

const key = z.object({ keytype: text, scheme: text, keyval: z.object({ public: text }) });

const roleKeys = z.object({
  keyids: z.array(text).check(z.maxLength(64)),
  threshold: z.int().check(z.gte(1)),
});

/** The signed part of a root document, as far as a publisher uses it. */
export const rootContent = z.object({
  _type: z.literal('root'),
  spec_version: text,
  consistent_snapshot: z.boolean(),
  version: z.int().check(z.gte(1)),
  expires: text,
  keys: z.record(text, key),
  roles: z.object({ root: roleKeys, targets: roleKeys, snapshot: roleKeys, timestamp: roleKeys }),
});

/** A signature in a document. */
const signature = z.object({ keyid: text, sig: text });

/** A root document. */
export const rootDocument = z.object({ signatures: z.array(signature), signed: rootContent });

/** The signed part of a root document: keys of each role, and how many of them must sign. */
export type RootContent = z.infer<typeof rootContent>;
/** A public key in a root document. */
export type PublicKeyEntry = z.infer<typeof key>;
