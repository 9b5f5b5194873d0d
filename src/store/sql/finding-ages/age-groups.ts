import { hash } from 'node:crypto';

/** The properties that findings of the same age share. Days are numbers of days since 1970. */
export interface AgeGroup {
  /** See `severityRanks`. */
  readonly rank: number;
  /** Whether they were there at the first count of their repository. */
  readonly isLowerBound: boolean;
  /** The day from which they are open. */
  readonly since: number;
  /** The day on which they were closed. 0 while they are open. */
  readonly closed: number;
}

/** A group as one number, for keys of maps. */
export type GroupCode = number;

const days = 2 ** 16;
const ranks = 2 ** 3;

/** Returns the number of a group. Those of open findings come first. */
export function codeOf({ rank, isLowerBound, since, closed }: AgeGroup): GroupCode {
  return ((closed * days + since) * ranks + rank) * 2 + (isLowerBound ? 1 : 0);
}

/** Returns the group with a number. */
export function ageGroupOf(code: GroupCode): AgeGroup {
  const rest = Math.floor(code / 2);
  const dates = Math.floor(rest / ranks);
  return {
    rank: rest % ranks,
    isLowerBound: code % 2 === 1,
    since: dates % days,
    closed: Math.floor(dates / days),
  };
}

/** Whether a number is that of open findings. */
function isOpen(code: GroupCode): boolean {
  return code < days * ranks * 2;
}

/** Numbers of findings by their group. */
export type GroupCounts = ReadonlyMap<GroupCode, number>;

/** The findings of a repository. */
export interface RepositoryAges {
  /** The groups of open ones by the keys of their vulnerabilities. */
  readonly open: ReadonlyMap<number, GroupCode>;
  readonly closed: GroupCounts;
}

const codeBytes = 5;
const countBytes = 4;

/** Bytes of the key of a vulnerability. Two vulnerabilities of one repository that share a key by chance count as one. */
const keyBytes = 5;

/** Returns the key of a vulnerability: the beginning of a hash of its id. An engine can use the number of a deleted vulnerability again. */
export function keyOfVulnerability(id: string): number {
  return hash('sha256', id, 'buffer').readUIntBE(0, keyBytes);
}

/** Returns the findings of a repository as bytes: of each group its number, how many it has and, if they are open, their keys. */
export function packRepository({ open, closed }: RepositoryAges): Uint8Array {
  const keys = Map.groupBy(open.keys(), (key) => open.get(key) ?? 0);
  const counts = [...[...keys].map(([code, { length }]) => [code, length] as const), ...closed];
  return pack(counts, (code) => keys.get(code) ?? []);
}

/** Returns numbers of findings as bytes. */
export function packSums(counts: GroupCounts): Uint8Array {
  return pack([...counts], () => []);
}

function pack(
  counts: readonly (readonly [GroupCode, number])[],
  keysOf: (code: GroupCode) => readonly number[],
): Uint8Array {
  const groups = counts
    .toSorted(([a], [b]) => a - b)
    .map(([code, count]) => [code, count, keysOf(code)] as const);
  const keys = groups.reduce((sum, [, , { length }]) => sum + length, 0);
  const bytes = Buffer.alloc(groups.length * (codeBytes + countBytes) + keys * keyBytes);
  let at = 0;
  for (const [code, count, ofGroup] of groups) {
    at = bytes.writeUIntBE(code, at, codeBytes);
    at = bytes.writeUIntBE(count, at, countBytes);
    for (const key of ofGroup.toSorted((a, b) => a - b)) at = bytes.writeUIntBE(key, at, keyBytes);
  }
  return bytes;
}

/** Returns the findings of a repository by the bytes of `packRepository`. */
export function unpackRepository(content: Uint8Array): RepositoryAges {
  const bytes = bufferOf(content);
  const open = new Map<number, GroupCode>();
  const closed = new Map<GroupCode, number>();
  for (const { code, count, at } of groupsIn(bytes, true))
    if (isOpen(code))
      for (let i = 0; i < count; i++) open.set(bytes.readUIntBE(at + i * keyBytes, keyBytes), code);
    else closed.set(code, count);
  return { open, closed };
}

/** Returns numbers of findings by the bytes of `packSums` or, with `hasKeys`, of `packRepository`. */
export function unpackCounts(content: Uint8Array, { hasKeys }: { readonly hasKeys: boolean }): GroupCounts {
  const counts = new Map<GroupCode, number>();
  for (const { code, count } of groupsIn(bufferOf(content), hasKeys)) counts.set(code, count);
  return counts;
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

interface PackedGroup {
  readonly code: GroupCode;
  readonly count: number;
  /** Where its keys begin. */
  readonly at: number;
}

function* groupsIn(bytes: Buffer, hasKeys: boolean): Generator<PackedGroup> {
  for (let start = 0; start < bytes.length; ) {
    const at = start + codeBytes + countBytes;
    const code = bytes.readUIntBE(start, codeBytes);
    const count = bytes.readUIntBE(start + codeBytes, countBytes);
    yield { code, count, at };
    start = at + (hasKeys && isOpen(code) ? count * keyBytes : 0);
  }
}
