import { type JSX, render } from 'preact';
import { NotFound } from './components/states.tsx';
import { place, startRouter } from './router.ts';
import { ImagePage } from './screens/image/image-page.tsx';
import { ImagesScreen } from './screens/images.tsx';
import { TodayScreen } from './screens/today.tsx';
import { UnavailableScreen } from './screens/unavailable.tsx';
import { Shell } from './shell/shell.tsx';
import { texts } from './texts.ts';
import { startTheme } from './theme.ts';
import './styles/main.css';

/** Views by the first segment of the address. */
const screens: Readonly<Record<string, (segments: readonly string[]) => JSX.Element>> = {
  '': () => <TodayScreen />,
  images: ([digest = '', tab]) =>
    digest === '' ? <ImagesScreen /> : <ImagePage digest={digest} tab={tab} />,
  ...Object.fromEntries(
    (
      [
        'advisories',
        'packages',
        'upgrades',
        'sources',
        'notifications',
        'triage',
        'diff',
        'findings',
      ] as const
    ).map((area) => [area, () => <UnavailableScreen title={texts.areas[area]} />]),
  ),
};

function Screen(): JSX.Element {
  const [, area = '', ...segments] = place.value.path.split('/').map(decodeSegment);
  return Object.hasOwn(screens, area) ? (screens[area]?.(segments) ?? <NotFound />) : <NotFound />;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

startTheme();
startRouter();
const root = document.querySelector('#app');
if (root !== null)
  render(
    <Shell>
      <Screen />
    </Shell>,
    root,
  );
