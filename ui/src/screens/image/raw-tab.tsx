import type { JSX } from 'preact';
import { pathOf } from '../../api/client.ts';
import { DownloadButton } from '../../components/pages.tsx';
import { shortDigest } from '../../format.ts';
import { asOfTime } from '../../shell/as-of-picker.tsx';
import { texts } from '../../texts.ts';

/** The report in other formats. */
export function RawTab({ digest }: { readonly digest: string }): JSX.Element {
  return (
    <section class="card">
      <p>{texts.raw.intro}</p>
      <ul class="plain downloads">
        {texts.raw.formats.map(({ format, name, ending }) => (
          <li key={format}>
            <DownloadButton
              path={pathOf(`/images/${encodeURIComponent(digest)}/report`, { format, asOf: asOfTime() })}
              accept="*/*"
              name={`${shortDigest(digest)}.${ending}`}
              label={texts.raw.download(name)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
