import type { JSX } from 'preact';
import { isMissingRoute, type Resource, useResource } from '../../api/client.ts';
import type { Advisory, AdvisorySource } from '../../api/lists.ts';
import { Card } from '../../components/card.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FixCell, rangeText } from '../../components/fix.tsx';
import { Ratings } from '../../components/ratings.tsx';
import { SeverityBadge } from '../../components/severity.tsx';
import { Empty, Heading, Loaded } from '../../components/states.tsx';
import { Foreign, OutsideLink, Time } from '../../components/text.tsx';
import { formatDay } from '../../format.ts';
import { hrefOf } from '../../router.ts';
import { texts } from '../../texts.ts';
import { AffectedImages } from './affected-images.tsx';

/** What all sources say about a vulnerability, and the images that it affects. */
export function AdvisoryScreen({ id }: { readonly id: string }): JSX.Element {
  const path = `/advisories/${encodeURIComponent(id)}`;
  const resource = useResource<Advisory>(path);
  const { failure, data } = resource;
  const isUnknown = data === undefined && failure?.status === 404 && !isMissingRoute(failure);
  return (
    <>
      <Heading title={id}>
        {data !== undefined && <SeverityBadge severity={data.severity} />}
        {data !== undefined && data.exploited.length > 0 && (
          <span class="exploited">▲ {texts.findings.yes}</span>
        )}
      </Heading>
      {isUnknown ? (
        <Empty title={texts.advisory.unknown}>
          <p>{texts.advisory.unknownHint}</p>
          <a class="button" href={hrefOf('/sources')}>
            {texts.areas.sources}
          </a>
        </Empty>
      ) : (
        <>
          <Loaded resource={resource} path={path}>
            {(advisory) => <AboutAdvisory advisory={advisory} />}
          </Loaded>
          <div hidden={mayMoveImages(resource)}>
            <AffectedImages id={id} count={data?.images ?? null} />
          </div>
          {data !== undefined && <Sources sources={data.sources} />}
        </>
      )}
    </>
  );
}

/** Whether the advisory may still push the images down, which are requested at once. A link to `#images` needs them from the start. */
function mayMoveImages({ data, failure }: Resource<Advisory>): boolean {
  return data === undefined && failure === undefined && location.hash === '';
}

function AboutAdvisory({ advisory }: { readonly advisory: Advisory }): JSX.Element {
  const { aliases, description, severitySource, links, weaknesses } = advisory;
  return (
    <div class="columns">
      <section class="card">
        {aliases.length > 0 && (
          <p>
            <span class="muted">{texts.advisory.aliases}</span>{' '}
            {aliases.map((alias) => (
              <a key={alias} class="tag" href={hrefOf(`/advisories/${encodeURIComponent(alias)}`)}>
                <Foreign text={alias} />
              </a>
            ))}
          </p>
        )}
        <p class="description">
          {description === null ? (
            <span class="muted">{texts.states.notKnown}</span>
          ) : (
            <Foreign text={description} isWhole />
          )}
        </p>
        {weaknesses.length > 0 && <p class="muted">{weaknesses.join(', ')}</p>}
      </section>
      <section class="card">
        <h2>{texts.explain.ratings}</h2>
        {severitySource !== null && (
          <p>
            <SeverityBadge severity={advisory.severity} />{' '}
            <span class="muted">{texts.explain.ratedBy(severitySource)}</span>
          </p>
        )}
        <Ratings {...advisory} />
        <h3>{texts.explain.links}</h3>
        <ul class="plain">
          {links.slice(0, 12).map((link) => (
            <li key={link}>
              <OutsideLink href={link} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

const statementsShown = 50;

type Statement = AdvisorySource['statements'][number];

function Sources({ sources }: { readonly sources: readonly AdvisorySource[] }): JSX.Element {
  return (
    <Card title={texts.advisory.sources}>
      {sources.map((source) => (
        <section key={`${source.source} ${source.feed} ${source.advisory}`} class="source">
          <h3>
            <a href={hrefOf('/sources')}>{source.source}</a> · <Foreign text={source.advisory} />
          </h3>
          <p class="muted">
            {[
              source.title ?? '',
              source.issued === null || source.issued === undefined
                ? ''
                : texts.advisory.issued(formatDay(source.issued)),
              source.since === null ? '' : texts.advisory.known(formatDay(source.since)),
            ]
              .filter((part) => part !== '')
              .join(' · ')}
          </p>
          <DataTable
            caption={`${texts.advisory.sources}: ${source.source}`}
            columns={statementColumns}
            rows={source.statements.slice(0, statementsShown)}
            keyOf={(statement) => JSON.stringify(statement)}
          />
          {hiddenStatements(source) > 0 && (
            <p class="muted">{texts.advisory.moreStatements(hiddenStatements(source))}</p>
          )}
          <Changes changes={source.changes} />
        </section>
      ))}
    </Card>
  );
}

function hiddenStatements({ statements, moreStatements }: AdvisorySource): number {
  return Math.max(0, statements.length - statementsShown) + moreStatements;
}

function Changes({ changes }: Pick<AdvisorySource, 'changes'>): JSX.Element | null {
  if (changes.length === 0) return null;
  return (
    <details>
      <summary>{texts.advisory.changes}</summary>
      <ul class="plain">
        {changes.map(({ at, kind, changed }) => (
          <li key={`${at} ${kind}`}>
            <Time iso={at}>{formatDay(at)}</Time> {texts.advisory.change[kind] ?? kind}
            {changed.length > 0 && <span class="muted"> {changed.join(', ')}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}

const statementColumns: readonly Column<Statement>[] = [
  {
    key: 'namespace',
    title: texts.advisory.namespace,
    cell: ({ namespace }) => <Foreign text={namespace} />,
  },
  {
    key: 'package',
    title: texts.advisory.package,
    isName: true,
    cell: ({ namespace, package: name }) => (
      <a href={hrefOf('/packages/versions', { namespace, name })}>
        <Foreign text={name} />
      </a>
    ),
  },
  {
    key: 'range',
    title: texts.advisory.range,
    cell: ({ range }) => (
      <code>
        <Foreign text={rangeText(range)} />
      </code>
    ),
  },
  { key: 'fix', title: texts.advisory.fix, cell: ({ fix }) => <FixCell fix={fix} /> },
  {
    key: 'severity',
    title: texts.advisory.severity,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
];
