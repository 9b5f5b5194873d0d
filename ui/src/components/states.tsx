import type { ComponentChildren, JSX } from 'preact';
import { type Failure, isMissingRoute, load, type Resource } from '../api/client.ts';
import { formatTime } from '../format.ts';
import { hrefOf } from '../router.ts';
import { texts } from '../texts.ts';

/** Space that is kept for content on its way, so that what is below does not move when it arrives. */
export type LoadingSpace = 'figures' | 'list';

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  /** Path to read again. */
  readonly path: string;
  readonly loadingText?: string;
  readonly space?: LoadingSpace | undefined;
  readonly children: (data: T) => ComponentChildren;
}

/** Shows data; while there is none, why. A failure is shown above data of an earlier answer. */
export function Loaded<T>({ resource, path, loadingText, space, children }: LoadedProps<T>): JSX.Element {
  const { data, failure, arrivedAt } = resource;
  if (data === undefined)
    return failure === undefined ? (
      <Loading text={loadingText ?? texts.states.loading} space={space} />
    ) : (
      <FailureNotice failure={failure} path={path} />
    );
  return (
    <>
      {failure !== undefined && <FailureNotice failure={failure} path={path} keptSince={arrivedAt} />}
      {children(data)}
    </>
  );
}

/** Lines in place of content that is on its way. */
export function Loading({
  text,
  space,
}: {
  readonly text: string;
  readonly space?: LoadingSpace | undefined;
}): JSX.Element {
  return (
    <div class={space === undefined ? 'loading' : `loading loading-${space}`} role="status">
      <p>{text}</p>
      <div class="skeleton" aria-hidden="true">
        <span /> <span /> <span /> <span />
      </div>
    </div>
  );
}

interface FailureNoticeProps {
  readonly failure: Failure;
  readonly path: string;
  /** When the data that is still shown arrived. */
  readonly keptSince?: number | undefined;
}

function FailureNotice({ failure, path, keptSince }: FailureNoticeProps): JSX.Element {
  if (isMissingRoute(failure)) return <NotAvailable />;
  const { states } = texts;
  const what = failureSentence(failure);
  return (
    <div class="notice notice-error" role="alert">
      <p>
        <strong>{keptSince === undefined ? states.failed : states.kept(formatTime(keptSince))}</strong> {what}
      </p>
      {failure.detail !== '' && <p class="detail">{failure.detail}</p>}
      {/* The form above the view asks for the token. */}
      {failure.status !== 401 && (
        <button type="button" onClick={() => void load(path)}>
          {states.retry}
        </button>
      )}
    </div>
  );
}

function failureSentence({ status }: Failure): string {
  const { states } = texts;
  if (status === 0) return states.noAnswer;
  if (status === 401) return states.signedOut;
  return status === 403 ? states.forbidden : states.status(status);
}

/** Returns why an action failed, as one line. */
export function failureText(failure: Failure): string {
  if (isMissingRoute(failure)) return texts.states.unavailableTitle;
  if (failure.status === 400) return failure.detail;
  return `${failureSentence(failure)} ${failure.detail}`;
}

/** The place of a part that this server does not have. */
export function NotAvailable(): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{texts.states.unavailableTitle}</p>
      <p>{texts.states.unavailable}</p>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** The place of a list without rows. */
export function Empty({ title, children }: EmptyProps): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface NothingMatchesProps {
  readonly clearHref: string;
  /** What does not match. */
  readonly title?: string;
  readonly hint?: string;
}

/** The place of a list whose filters match nothing. */
export function NothingMatches({
  clearHref,
  title = texts.states.nothing,
  hint,
}: NothingMatchesProps): JSX.Element {
  return (
    <Empty title={title}>
      {hint !== undefined && <p>{hint}</p>}
      <a class="button" href={clearHref}>
        {texts.states.clearFilters}
      </a>
    </Empty>
  );
}

/** The page of an unknown address. */
export function NotFound(): JSX.Element {
  return (
    <>
      <Heading title={texts.states.notFound} />
      <a class="button" href={hrefOf('/')}>
        {texts.states.home}
      </a>
    </>
  );
}

/** The heading of a view. It gets the focus when the view opens. */
export function Heading({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  document.title = `${title.slice(0, 80)} · ${texts.product}`;
  return (
    <div class="heading">
      <h1 tabIndex={-1}>
        <bdi>{title}</bdi>
      </h1>
      {children}
    </div>
  );
}
