import * as z from 'zod/mini';
import type { XmlElement } from '../../kit/xml/xml-stream.ts';
import { hashOfBase64, type PackageHash } from '../../model/package-hash.ts';
import {
  type DeclaredFormat,
  type DeclaredItem,
  declaredPackage,
  inexact,
  readEntries,
} from './declared-format.ts';
import { readJson, readXml, tableSchema } from './documents.ts';

/** Packages by target framework. */
const lockSchema = z.object({ dependencies: z.optional(z.record(z.string(), tableSchema)) });

const packageSchema = z.object({
  type: z.optional(z.string()),
  resolved: z.optional(z.string()),
  contentHash: z.optional(z.unknown()),
});

/** Lock files of NuGet. */
export const nugetLock: DeclaredFormat = {
  name: 'nuget-lock',
  type: 'nuget',
  files: ['packages.lock.json'],
  *read(content) {
    for (const packages of Object.values(readJson(content, lockSchema).dependencies ?? {}))
      yield* readEntries(
        Object.entries(packages),
        packageSchema,
        function* ({ type, resolved, contentHash }, name) {
          if (type?.toLowerCase() === 'project') return;
          yield resolved === undefined
            ? inexact(name, '')
            : declaredPackage(name, resolved, hashesOfContent(contentHash));
        },
      );
  },
};

/** Returns the hash of the archive of a package: that of SHA-512, in base64. */
function hashesOfContent(contentHash: unknown): PackageHash[] {
  const hash = typeof contentHash === 'string' ? hashOfBase64('sha512', contentHash) : undefined;
  return hash === undefined ? [] : [hash];
}

/** Lists of packages of old projects, `packages.config`, which state exact versions. */
export const packagesConfig: DeclaredFormat = {
  name: 'packages-config',
  type: 'nuget',
  files: ['packages.config'],
  *read(content) {
    for (const element of readXml(content, 'packages').children)
      if (element.name === 'package') yield* referenceItems(element, element.attributes['id']);
  },
};

/** Versions for all projects of a directory: `Directory.Packages.props`. */
export const packagesProps: DeclaredFormat = {
  name: 'packages-props',
  type: 'nuget',
  files: ['Directory.Packages.props', 'Packages.props'],
  *read(content) {
    for (const group of readXml(content, 'Project').children)
      for (const element of group.children)
        if (/^(?:Global)?Package(?:Version|Reference)$/.test(element.name))
          yield* referenceItems(element, element.attributes['Include'] ?? element.attributes['Update']);
  },
};

/** Yields a reference. Its version may refer to a property, `$(Name)`, or be a range, `[1.0,2.0)`. */
function* referenceItems(
  { attributes, children }: XmlElement,
  name: string | undefined,
): Generator<DeclaredItem> {
  if (name === undefined) {
    yield { kind: 'problem', problem: 'has a package without a name' };
    return;
  }
  const stated =
    attributes['version'] ??
    attributes['Version'] ??
    children.find((child) => child.name === 'Version')?.text ??
    '';
  const version = stated.trim().replace(/^\[([^,[\]]+)\]$/, '$1');
  yield /^\d[\w.+-]*$/.test(version) ? declaredPackage(name.trim(), version) : inexact(name.trim(), version);
}
