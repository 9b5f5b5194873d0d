import type { Client, Metadata } from '@grpc/grpc-js';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { readAllBytes } from '../../kit/bytes/bytes.ts';
import type { Digest } from '../../model/digest.ts';
import { digestText } from '../../model/digest-schema.ts';
import { type Descriptor, verifyDigest } from '../format/documents.ts';
import { type ContainerdMethods, loadContainerdMethods, type Method } from './services.ts';

const namespacesResponse = z.object({ namespaces: z.array(z.object({ name: z.string() })) });

const imageResponse = z.object({
  image: z.object({
    target: z.object({ media_type: z.string(), digest: digestText, size: z.number() }),
  }),
});

const contentResponse = z.object({ data: z.instanceof(Uint8Array) });

/** Status codes of gRPC that say what is wrong with a request, not with the daemon. */
const notFound = 5;
const deadlineExceeded = 4;
const permissionDenied = 7;
const unavailable = 14;

/** A connection to containerd. Dispose it after use. */
export class ContainerdClient implements Disposable {
  readonly #socket: string;
  readonly #grpc: Client;
  readonly #methods: ContainerdMethods;
  readonly #metadataOf: (namespace: string) => Metadata;

  private constructor(
    socket: string,
    grpc: Client,
    methods: ContainerdMethods,
    metadataOf: (namespace: string) => Metadata,
  ) {
    this.#socket = socket;
    this.#grpc = grpc;
    this.#methods = methods;
    this.#metadataOf = metadataOf;
  }

  /** Opens a client of the containerd at a socket. The first request connects. */
  static async open(socket: string): Promise<ContainerdClient> {
    const { Client: GrpcClient, Metadata: GrpcMetadata, credentials } = await import('@grpc/grpc-js');
    const client = new GrpcClient(`unix:${socket}`, credentials.createInsecure(), {
      // The name of the socket would be an invalid host.
      'grpc.default_authority': 'localhost',
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': limits.containerdMessageBytes,
    });
    return new ContainerdClient(socket, client, await loadContainerdMethods(), (namespace) => {
      const metadata = new GrpcMetadata();
      metadata.set('containerd-namespace', namespace);
      return metadata;
    });
  }

  [Symbol.dispose](): void {
    this.#grpc.close();
  }

  /** Returns the names of all namespaces. */
  async listNamespaces(): Promise<readonly string[]> {
    const { namespaces } = await this.#request(
      this.#methods.listNamespaces,
      'default',
      {},
      namespacesResponse,
    );
    return namespaces.map(({ name }) => name);
  }

  /** Returns the manifest or index that a name means in a namespace; undefined if the namespace has no such name. */
  async findImage(namespace: string, name: string): Promise<Descriptor | undefined> {
    try {
      const { image } = await this.#request(this.#methods.getImage, namespace, { name }, imageResponse);
      const { media_type: mediaType, digest, size } = image.target;
      return { mediaType, digest, size };
    } catch (error) {
      if (error instanceof ClairError && error.code === 'target-not-found') return undefined;
      throw error;
    }
  }

  /** Reads a small blob, and verifies its digest. Throws `target-not-found` if containerd does not have it. */
  async readDocument(namespace: string, { digest, size }: Descriptor): Promise<Buffer> {
    const tooMuch = (): ClairError =>
      new ClairError(
        'limit-exceeded',
        `the blob ${digest} in ${this.#display()} has more than ${limits.manifestBytes} bytes`,
      );
    if (size !== undefined && size > limits.manifestBytes) throw tooMuch();
    const bytes = await readAllBytes(this.readBlob(namespace, digest), limits.manifestBytes, tooMuch);
    return verifyDigest(bytes, digest);
  }

  /**
   * Streams a blob. The reader verifies its digest. Throws `target-not-found` if containerd does not have the blob, and fails if the
   * signal aborts or if no data arrives for `limits.idleMs`.
   */
  async *readBlob(namespace: string, digest: Digest, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    signal?.throwIfAborted();
    const { path, requestSerialize, responseDeserialize } = this.#methods.readContent;
    const call = this.#grpc.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { digest, offset: 0 },
      this.#metadataOf(namespace),
    );
    const idleness = new AbortController();
    const idle = setTimeout(() => {
      idleness.abort();
      call.cancel();
    }, limits.idleMs);
    const cancel = (): void => {
      call.cancel();
    };
    signal?.addEventListener('abort', cancel);
    try {
      for await (const response of call) {
        idle.refresh();
        yield contentResponse.parse(response).data;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw idleness.signal.aborted ? this.#unanswered() : this.#toClairError(error, `the blob ${digest}`);
    } finally {
      clearTimeout(idle);
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  async #request<T extends z.ZodMiniType>(
    { path, requestSerialize, responseDeserialize }: Method,
    namespace: string,
    request: object,
    schema: T,
  ): Promise<z.infer<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    this.#grpc.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadataOf(namespace),
      { deadline: Date.now() + limits.idleMs },
      (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(this.#toClairError(error, `the response to ${path}`));
      },
    );
    const parsed = z.safeParse(schema, await promise);
    if (parsed.success) return parsed.data;
    throw new ClairError('target-corrupt', `${this.#display()} sends an invalid response to ${path}`, {
      cause: parsed.error,
    });
  }

  #toClairError(error: unknown, what: string): ClairError {
    const { code, details = '' } = (error ?? {}) as { readonly code?: number; readonly details?: string };
    const cause = { cause: error };
    if (code === notFound)
      return new ClairError('target-not-found', `${this.#display()} does not have ${what}`, cause);
    if (code === deadlineExceeded) return this.#unanswered();
    const reason = details === '' ? 'no reason given' : details;
    const isAway = code === unavailable || code === permissionDenied;
    const advice = isAway ? '; check that it runs and that you may use its socket' : '';
    return new ClairError('target-not-found', `${this.#display()} failed: ${reason}${advice}`, cause);
  }

  #unanswered(): ClairError {
    return new ClairError(
      'target-not-found',
      `${this.#display()} did not answer within ${limits.idleMs / 1000} s`,
    );
  }

  #display(): string {
    return `the containerd at ${this.#socket}`;
  }
}
