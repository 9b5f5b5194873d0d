import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';

/** The loaded protos. */
export interface Protos {
  /** All proto files, for the reflection service. */
  readonly reflected: PackageDefinition;
  /** Returns a service by its full name. Throws if the protos do not have it. */
  service(name: string): ServiceDefinition;
}

/** Reads the proto of this package, which is next to the sources and next to the bundle, and that of the health service. */
export async function loadProtos(): Promise<Protos> {
  const { loadSync } = await import('@grpc/proto-loader');
  const { protoPath: health } = await import('grpc-health-check');
  const folder = new URL(
    import.meta.url.endsWith('.ts') ? '../../../proto/' : '../../proto/',
    import.meta.url,
  );
  const clairProto = fileURLToPath(new URL('coreos/clair/clair.proto', folder));
  const options = { keepCase: true, enums: String, longs: Number, defaults: true } as const;
  const definition = loadSync([clairProto, health], options);
  const files = fileDescriptorsIn(readFileSync(new URL('descriptors.binpb', folder)));
  // The reflection service reads only `fileDescriptorProtos`.
  const all = { fileDescriptorProtos: files } as unknown as PackageDefinition[string];
  return {
    reflected: { all },
    service(name) {
      const found = definition[name];
      if (found === undefined || 'format' in found) throw new Error(`the protos have no service ${name}`);
      return found;
    },
  };
}

/**
 * Returns the files of a `FileDescriptorSet` of google/protobuf/descriptor.proto, whose only field is a list of files. Reflection serves
 * the output of protoc, since descriptors of protobufjs omit imports (grpc-node #2595) and encode maps in a way that clients reject.
 */
function fileDescriptorsIn(set: Buffer): Buffer[] {
  const files: Buffer[] = [];
  for (let at = 0; at < set.length; ) {
    // Each file begins with a tag of one byte and a varint length: groups of seven bits, the lowest first.
    let length = 0;
    let shift = 0;
    for (let more = true; more; shift += 7) {
      const byte = set.readUInt8(++at);
      length |= (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    at++;
    files.push(set.subarray(at, at + length));
    at += length;
  }
  return files;
}

/** Returns a response with its `last_update_time` as a `google.protobuf.Timestamp`. */
export function withTimestamps(response: object): object {
  const { status } = response as { readonly status?: { readonly last_update_time?: string } };
  if (status?.last_update_time === undefined) return response;
  const ms = Date.parse(status.last_update_time);
  const seconds = Math.floor(ms / 1000);
  const time = { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
  return { ...response, status: { ...status, last_update_time: time } };
}
