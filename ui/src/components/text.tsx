import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { formatTime } from '../format.ts';
import { texts } from '../texts.ts';

const titleCharsMax = 500;

/** A text of an image or an advisory. It is never markup, is cut by the styles, and its direction does not leak. */
export function Foreign({
  text,
  isWhole = false,
}: {
  readonly text: string;
  readonly isWhole?: boolean;
}): JSX.Element {
  const title = text.length > 60 && !isWhole ? { title: text.slice(0, titleCharsMax) } : {};
  return (
    <bdi class={isWhole ? 'foreign whole' : 'foreign'} {...title}>
      {text}
    </bdi>
  );
}

/** A link to another site; plain text unless it is one of http. */
export function OutsideLink({
  href,
  children,
}: {
  readonly href: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  if (!/^https?:\/\//i.test(href)) return <Foreign text={href} />;
  return (
    <a href={href} rel="noreferrer noopener external" target="_blank">
      {children ?? <Foreign text={href} />}
    </a>
  );
}

/** A time, short, with the exact one as a title. */
export function Time({
  iso,
  children,
}: {
  readonly iso: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <time dateTime={iso} title={formatTime(iso)}>
      {children}
    </time>
  );
}

/** A button that copies a text. */
export function CopyButton({ text }: { readonly text: string }): JSX.Element {
  const isCopied = useSignal(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      isCopied.value = true;
    } catch {
      // Browsers refuse this on a page without TLS. The text can still be selected.
    }
  };
  return (
    <button type="button" class="quiet small" onClick={() => void copy()}>
      {isCopied.value ? texts.image.copied : texts.image.copy}
    </button>
  );
}
