import type { PostedContent } from '../../service/posts/posted-layers.ts';

/** A layer or an ancestry that a client posted, for the log. */
export interface PostRecord {
  readonly kind: 'layer' | 'ancestry';
  /** The name that the client gave it. */
  readonly name: string;
  readonly ms: number;
  /** What was found; undefined if it was known and not read again, or if it failed. */
  readonly content?: PostedContent | undefined;
  /** Why it failed. */
  readonly error?: unknown;
}

/** Takes in what was posted, and reports once how that ended. */
export async function recorded(
  { kind, name }: Pick<PostRecord, 'kind' | 'name'>,
  onPosted: (record: PostRecord) => void,
  takeIn: () => Promise<PostedContent | undefined>,
): Promise<void> {
  const started = performance.now();
  const ms = (): number => performance.now() - started;
  try {
    const content = await takeIn();
    onPosted({ kind, name, ms: ms(), content });
  } catch (error) {
    onPosted({ kind, name, ms: ms(), error });
    throw error;
  }
}
