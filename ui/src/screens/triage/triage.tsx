import type { JSX } from 'preact';
import { Card } from '../../components/card.tsx';
import { Heading } from '../../components/states.tsx';
import { texts } from '../../texts.ts';
import { AcceptRisk } from './accept-risk.tsx';
import { ImportDocument } from './import-document.tsx';
import { SavedDocuments } from './saved-documents.tsx';
import { Statements } from './statements.tsx';

/** What suppresses findings, until when and why, and forms that save more of it. */
export function TriageScreen(): JSX.Element {
  const { triage } = texts;
  return (
    <>
      <Heading title={texts.areas.triage} />
      <p class="muted">{triage.intro}</p>
      <Statements />
      <div class="columns">
        <Card title={triage.accept}>
          <AcceptRisk />
        </Card>
        <Card title={triage.importTitle}>
          <ImportDocument />
        </Card>
      </div>
      <Card title={triage.saved}>
        <SavedDocuments />
      </Card>
    </>
  );
}
