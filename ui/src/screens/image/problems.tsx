import type { JSX } from 'preact';
import type { ImageReport } from '../../api/report.ts';
import { Foreign } from '../../components/text.tsx';
import { texts } from '../../texts.ts';

/** Number of files that are listed at once. */
const shownAtOnce = 10;

/** The files of an image that could not be read whole. The first are shown at once, and the others on demand. */
export function Problems({ statuses }: Pick<ImageReport, 'statuses'>): JSX.Element | null {
  const files = statuses.flatMap(({ extension, files: read = [] }) =>
    read.flatMap(({ path, problem }) =>
      problem === undefined || problem === null ? [] : [{ extension, path, problem }],
    ),
  );
  if (files.length === 0) return null;
  const others = files.slice(shownAtOnce);
  return (
    <>
      <h3>{texts.image.problems}</h3>
      <ProblemList files={files.slice(0, shownAtOnce)} />
      {others.length > 0 && (
        <details>
          <summary>{texts.image.moreProblems(others.length)}</summary>
          <ProblemList files={others} />
        </details>
      )}
    </>
  );
}

interface ProblemListProps {
  readonly files: readonly { readonly extension: string; readonly path: string; readonly problem: string }[];
}

function ProblemList({ files }: ProblemListProps): JSX.Element {
  return (
    <ul>
      {files.map(({ extension, path, problem }) => (
        <li key={`${extension} ${path}`}>
          <Foreign text={`${path}: ${problem}`} isWhole />
        </li>
      ))}
    </ul>
  );
}
