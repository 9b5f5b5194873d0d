import type { JSX } from 'preact';
import { pathOf, useResource } from '../api/client.ts';
import { sessionPath } from '../api/session.ts';
import type { ImageList, ListedImage, Session } from '../api/types.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { CheckField, FilterBar, SelectField, TextField } from '../components/filters.tsx';
import { CursorPages, ExportButton, RowCount } from '../components/pages.tsx';
import { SeverityBar, SeverityNumbers } from '../components/severity.tsx';
import { Empty, Heading, Loaded, NothingMatches } from '../components/states.tsx';
import { Foreign, Time } from '../components/text.tsx';
import { isAssessable, VerdictChip, verdictOf } from '../components/verdict.tsx';
import { formatAge, formatNumber, formatTime, shortDigest } from '../format.ts';
import { hrefOf, hrefWith, place } from '../router.ts';
import { severitiesDescending } from '../severity.ts';
import { texts } from '../texts.ts';

const filterNames = [
  'q',
  'repository',
  'namespace',
  'upgrade',
  'vulnerability',
  'purl',
  'source',
  'label',
  'severity',
  'fixable',
  'exploited',
  'assessed',
  'untagged',
] as const;

/** The list of images. */
export function ImagesScreen(): JSX.Element {
  const { query } = place.value;
  const filters = Object.fromEntries(filterNames.map((name) => [name, query.get(name) ?? undefined]));
  const { data: session, failure } = useResource<Session>(sessionPath);
  const isUnordered = session?.limited === true && !query.has('repository');
  const sort = query.get('sort') ?? (isUnordered ? undefined : 'risk');
  const path = pathOf('/images', { ...filters, sort, after: query.get('after') ?? undefined });
  // The order depends on the token.
  const isReady = session !== undefined || failure !== undefined;
  const resource = useResource<ImageList>(isReady ? path : undefined);
  return (
    <>
      <Heading title={texts.images.title}>
        <span class="actions">
          <a class="button" href={hrefOf('/diff')}>
            {texts.areas.diff}
          </a>
          <ExportButton path={path} name="images.csv" />
        </span>
      </Heading>
      {isUnordered ? <RepositoryFilter /> : <ImageFilters />}
      <Plan />
      <WithFinding />
      <Loaded resource={resource} path={path}>
        {(list) => <ImagePage list={list} />}
      </Loaded>
    </>
  );
}

/** What the list of a vulnerability leaves out, with a link to the page that has it. */
function WithFinding(): JSX.Element | null {
  const id = place.value.query.get('vulnerability') ?? '';
  if (id === '') return null;
  return (
    <p class="notice">
      {texts.images.withFinding}{' '}
      <a href={hrefOf(`/advisories/${encodeURIComponent(id)}`)}>{texts.images.allWithFinding}</a>
    </p>
  );
}

/** A page of images. It can be empty although there is a next one: some conditions are looked at page by page. */
function ImagePage({ list }: { readonly list: ImageList }): JSX.Element {
  const { images, next } = list;
  const { query } = place.value;
  if (images.length > 0)
    return (
      <>
        <Total list={list} />
        <ImageTable images={images} />
        <CursorPages next={next} />
      </>
    );
  if (next !== undefined || query.has('after'))
    return (
      <>
        <p class="muted">{next === undefined ? texts.images.nothing : texts.images.noneHere}</p>
        <CursorPages next={next} />
      </>
    );
  return filterNames.some((name) => query.has(name)) ? (
    <NothingMatches clearHref={hrefOf('/images')} title={texts.images.nothing} />
  ) : (
    <NoImages />
  );
}

/** The number of images of the list. A list on one page has what is true now. */
function Total({ list: { images, next, total } }: { readonly list: ImageList }): JSX.Element {
  const isWhole = next === undefined && !place.value.query.has('after');
  if (total === null || isWhole)
    return (
      <p class="muted">
        <RowCount rows={images.length} next={next} />
      </p>
    );
  return (
    <p class="muted">
      {texts.images.total(formatNumber(total.images), formatTime(total.countedAt))}{' '}
      {total.uncounted > 0 && texts.images.uncounted(formatNumber(total.uncounted))}
    </p>
  );
}

/** The upgrade that led here, with its versions. Another filter has none. */
function Plan(): JSX.Element | null {
  const { query } = place.value;
  const plan = query.get('plan') ?? '';
  const upgrade = query.get('upgrade') ?? '';
  if (upgrade === '' || !plan.startsWith(`${upgrade} `)) return null;
  return (
    <p class="notice">
      {texts.images.plan} <Foreign text={plan} isWhole />
    </p>
  );
}

/** The only filter of a token that is limited to repositories, until it has the name of one of them. */
function RepositoryFilter(): JSX.Element {
  return (
    <>
      <FilterBar names={filterNames}>
        <TextField name="repository" label={texts.filters.repository} />
      </FilterBar>
      <p class="notice">{texts.images.limited}</p>
    </>
  );
}

function ImageFilters(): JSX.Element {
  const { filters, images } = texts;
  return (
    <FilterBar names={filterNames}>
      <TextField name="q" label={images.name} />
      <TextField name="repository" label={filters.repository} />
      <TextField name="namespace" label={filters.namespace} placeholder="debian:12" />
      <TextField name="upgrade" label={images.upgrade} placeholder="openssl" hint={images.upgradeHint} />
      <TextField name="vulnerability" label={texts.findings.vulnerability} placeholder="CVE-2026-" />
      {place.value.query.has('purl') && <TextField name="purl" label={images.purl} />}
      <TextField name="source" label={filters.source} placeholder="debian" />
      <SelectField
        name="severity"
        label={filters.severity}
        options={severitiesDescending.map((severity) => [severity, texts.severities[severity]])}
      />
      <SelectField
        name="assessed"
        label={filters.assessed}
        options={[
          ['false', filters.assessments.false],
          ['true', filters.assessments.true],
        ]}
      />
      <SelectField
        name="sort"
        label={filters.sort}
        options={[['seen', images.sortSeen]]}
        anyText={images.sortRisk}
      />
      <CheckField name="fixable" label={filters.fixable} />
      <CheckField name="exploited" label={filters.exploited} />
      <CheckField name="untagged" label={filters.untagged} />
    </FilterBar>
  );
}

function NoImages(): JSX.Element {
  return (
    <Empty title={texts.images.empty}>
      <p>{texts.images.emptyHint}</p>
      {texts.images.emptyCommands.map((command) => (
        <pre key={command}>{command.replaceAll('URL', window.location.origin)}</pre>
      ))}
    </Empty>
  );
}

function ImageTable({ images }: { readonly images: readonly ListedImage[] }): JSX.Element {
  const now = Date.now();
  const { images: words } = texts;
  const isCounted = images.some(({ findings }) => findings !== undefined);
  const columns: Column<ListedImage>[] = [
    { key: 'image', title: words.name, isName: true, cell: (image) => <ImageName image={image} /> },
    ...(isCounted ? countColumns : []),
    { key: 'platform', title: words.platform, cell: ({ platform }) => platform ?? texts.states.none },
    {
      key: 'seen',
      title: words.seen,
      cell: ({ lastSeen }) => <Time iso={lastSeen}>{formatAge(lastSeen, now)}</Time>,
    },
  ];
  return (
    <DataTable
      caption={words.caption}
      columns={columns}
      rows={images}
      keyOf={({ number }) => String(number)}
    />
  );
}

const countColumns: readonly Column<ListedImage>[] = [
  {
    key: 'state',
    title: texts.images.state,
    cell: (image) => <ImageState image={image} />,
  },
  { key: 'findings', title: texts.images.findings, cell: (image) => <CountedFindings image={image} /> },
  {
    key: 'fixable',
    title: texts.images.fixable,
    isNumber: true,
    cell: (image) => <FixableCount image={image} />,
  },
  {
    key: 'namespaces',
    title: texts.images.namespaces,
    cell: ({ namespaces }) =>
      namespaces?.map((namespace) => (
        <a key={namespace} class="tag" href={hrefWith({ namespace, after: undefined })}>
          <Foreign text={namespace} />
        </a>
      )),
  },
];

/** The verdict, and why more may be wrong with the image than was found. */
function ImageState({ image }: { readonly image: ListedImage }): JSX.Element {
  const { notAssessed: [first, ...others] = [] } = image;
  const verdict = verdictOf(image);
  return (
    <>
      <VerdictChip verdict={verdict} />
      {first !== undefined && (
        <span class="muted below">
          {verdict === 'vulnerable' && texts.images.gap} <Foreign text={first} isWhole />
          {others.length > 0 && ` ${texts.images.moreReasons(others.length)}`}
        </span>
      )}
    </>
  );
}

function CountedFindings({ image: { findings, digest } }: { readonly image: ListedImage }): JSX.Element {
  if (findings === null || findings === undefined)
    return <span class="muted">{texts.states.notCounted}</span>;
  return (
    <>
      <SeverityBar counts={findings} />
      <SeverityNumbers
        counts={findings}
        hrefOf={(severity) => hrefOf(`/images/${digest ?? ''}/findings`, { severity })}
      />
    </>
  );
}

function FixableCount({
  image: { findings, digest, namespaces },
}: {
  readonly image: ListedImage;
}): JSX.Element {
  if (findings === null || findings === undefined || !isAssessable(namespaces))
    return <>{texts.states.none}</>;
  if (findings.fixable === 0) return <>0</>;
  return (
    <a href={hrefOf(`/images/${digest ?? ''}/findings`, { fixable: 'true' })}>
      {formatNumber(findings.fixable)}
    </a>
  );
}

function ImageName({ image: { names, reference, digest } }: { readonly image: ListedImage }): JSX.Element {
  const [first, ...others] = names;
  const name = <Foreign text={first?.name ?? reference} />;
  return (
    <>
      {digest === null ? name : <a href={hrefOf(`/images/${digest}`)}>{name}</a>}
      <span class="muted below">
        {digest !== null && <code>{shortDigest(digest)}</code>}
        {others.length > 0 && ` ${texts.images.more(others.length)}`}
      </span>
    </>
  );
}
