import type { MethodDefinition } from '@grpc/grpc-js';

/** The methods of containerd's API that are used, by short names. */
export interface ContainerdMethods {
  readonly listNamespaces: Method;
  readonly getImage: Method;
  readonly readContent: Method;
}

/** A method whose messages are plain objects. A schema checks them. */
export type Method = MethodDefinition<object, object>;

/** The fields that are used of containerd's services, with their numbers in containerd's proto files, version 1 of the API. */
const services = {
  'containerd.types': {
    Descriptor: {
      fields: {
        media_type: { type: 'string', id: 1 },
        digest: { type: 'string', id: 2 },
        size: { type: 'int64', id: 3 },
      },
    },
  },
  'containerd.services.namespaces.v1': {
    Namespace: { fields: { name: { type: 'string', id: 1 } } },
    ListNamespacesRequest: { fields: {} },
    ListNamespacesResponse: { fields: { namespaces: { rule: 'repeated', type: 'Namespace', id: 1 } } },
    Namespaces: {
      methods: { List: { requestType: 'ListNamespacesRequest', responseType: 'ListNamespacesResponse' } },
    },
  },
  'containerd.services.images.v1': {
    Image: {
      fields: {
        name: { type: 'string', id: 1 },
        target: { type: 'containerd.types.Descriptor', id: 3 },
      },
    },
    GetImageRequest: { fields: { name: { type: 'string', id: 1 } } },
    GetImageResponse: { fields: { image: { type: 'Image', id: 1 } } },
    Images: { methods: { Get: { requestType: 'GetImageRequest', responseType: 'GetImageResponse' } } },
  },
  'containerd.services.content.v1': {
    ReadContentRequest: {
      fields: { digest: { type: 'string', id: 1 }, offset: { type: 'int64', id: 2 } },
    },
    ReadContentResponse: { fields: { data: { type: 'bytes', id: 2 } } },
    Content: {
      methods: {
        Read: {
          requestType: 'ReadContentRequest',
          responseType: 'ReadContentResponse',
          responseStream: true,
        },
      },
    },
  },
};

/** Returns the methods. Loads the library for gRPC. */
export async function loadContainerdMethods(): Promise<ContainerdMethods> {
  const { fromJSON } = await import('@grpc/proto-loader');
  const nested = Object.entries(services).reduce(
    (root, [name, types]) => nest(root, name.split('.'), types),
    {},
  );
  const definitions = fromJSON({ nested }, { keepCase: true, longs: Number });
  const method = (service: string, name: string): Method => {
    const definition = definitions[service];
    const found =
      definition === undefined || 'format' in definition
        ? undefined
        : (definition[name] as Method | undefined);
    if (found === undefined) throw new Error(`the definitions have no ${service}/${name}`);
    return found;
  };
  return {
    listNamespaces: method('containerd.services.namespaces.v1.Namespaces', 'List'),
    getImage: method('containerd.services.images.v1.Images', 'Get'),
    readContent: method('containerd.services.content.v1.Content', 'Read'),
  };
}

interface NestedTypes {
  readonly [name: string]: { readonly nested: NestedTypes } | object;
}

/** Adds the types of a package to a tree of packages, as the library takes it. */
function nest(tree: NestedTypes, [name = '', ...deeper]: readonly string[], types: object): NestedTypes {
  const present = tree[name];
  const below = present !== undefined && 'nested' in present ? present.nested : {};
  const nested = deeper.length === 0 ? { ...below, ...types } : nest(below, deeper, types);
  return { ...tree, [name]: { nested } };
}
