import type { JSX } from 'preact';
import type { BaseImage, LayeredImage, NewerBase } from '../../api/bases.ts';
import { Foreign } from '../../components/text.tsx';
import { formatNumber, shortDigest } from '../../format.ts';
import { hrefOf, place } from '../../router.ts';
import { texts } from '../../texts.ts';

const views = [
  ['/upgrades', texts.areas.upgrades],
  ['/upgrades/bases', texts.bases.title],
  ['/upgrades/rebuilds', texts.bases.rebuilds],
] as const;

/** Links between the views of the area. */
export function UpgradeViews(): JSX.Element {
  return (
    <nav class="tabs" aria-label={texts.areas.upgrades}>
      {views.map(([path, title]) => (
        <a
          key={path}
          href={hrefOf(path)}
          {...(place.value.path === path && { 'aria-current': 'page' as const })}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

/** Returns the view of a base with the images on it. */
export function baseHref(digest: string): string {
  return hrefOf(`/upgrades/bases/${digest}`);
}

interface ImageLinkProps {
  readonly image: LayeredImage;
  readonly href: (digest: string) => string;
}

/** An image by its first name, with a link and its digest. */
export function ImageLink({ image, href }: ImageLinkProps): JSX.Element {
  const { digest, names, reference } = image;
  const name = <Foreign text={names[0] ?? reference} />;
  return (
    <>
      {digest === null ? name : <a href={href(digest)}>{name}</a>}
      <span class="muted below">
        {digest !== null && <code>{shortDigest(digest)}</code>}
        {names.length === 0 && ` ${texts.bases.nameless}`}
      </span>
    </>
  );
}

/** The newer images that have taken over names, or that there is no such image. */
export function Newer({ replacedBy }: { readonly replacedBy: readonly NewerBase[] }): JSX.Element {
  return (
    <>
      {replacedBy.map(({ name, digest }) => (
        <span key={name} class="below">
          {digest === null ? <Foreign text={name} /> : <NewerLink name={name} digest={digest} />}
        </span>
      ))}
    </>
  );
}

function NewerLink({ name, digest }: { readonly name: string; readonly digest: string }): JSX.Element {
  return (
    <a href={baseHref(digest)}>
      <Foreign text={name} /> <code>{shortDigest(digest)}</code>
    </a>
  );
}

/** A number of images, or that it is not counted yet. */
export function CountText({ count }: { readonly count: BaseImage['images'] }): JSX.Element {
  return count === null ? (
    <span class="muted">{texts.states.notCounted}</span>
  ) : (
    <span>{formatNumber(count)}</span>
  );
}
