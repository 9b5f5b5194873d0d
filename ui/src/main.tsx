import { type JSX, render } from 'preact';
import { NotFound } from './components/states.tsx';
import { place, startRouter } from './router.ts';
import { AdvisoriesScreen } from './screens/advisories/advisories.tsx';
import { AdvisoryScreen } from './screens/advisories/advisory.tsx';
import { BaseScreen } from './screens/bases/base.tsx';
import { BasesScreen } from './screens/bases/bases.tsx';
import { RebuildsScreen } from './screens/bases/rebuilds.tsx';
import { ChangesScreen } from './screens/changes.tsx';
import { DiffScreen } from './screens/diff/diff.tsx';
import { FindingsScreen } from './screens/findings.tsx';
import { ImagePage } from './screens/image/image-page.tsx';
import { ImagesScreen } from './screens/images.tsx';
import { NewsScreen } from './screens/news.tsx';
import { NotificationsScreen } from './screens/notifications.tsx';
import { PackageVersionsScreen } from './screens/packages/package-versions.tsx';
import { PackagesScreen } from './screens/packages/packages.tsx';
import { SourcesScreen } from './screens/sources/sources.tsx';
import { TodayScreen } from './screens/today/today.tsx';
import { TriageScreen } from './screens/triage/triage.tsx';
import { UpgradesScreen } from './screens/upgrades/upgrades.tsx';
import { Shell } from './shell/shell.tsx';
import { startTheme } from './theme.ts';
import './styles/main.css';

/** Views by the first segment of the address. */
const screens: Readonly<Record<string, (segments: readonly string[]) => JSX.Element>> = {
  '': () => <TodayScreen />,
  images: ([digest = '', tab]) =>
    digest === '' ? <ImagesScreen /> : <ImagePage digest={digest} tab={tab} />,
  findings: () => <FindingsScreen />,
  advisories: ([id = '']) => (id === '' ? <AdvisoriesScreen /> : <AdvisoryScreen id={id} />),
  packages: ([part]) => (part === 'versions' ? <PackageVersionsScreen /> : <PackagesScreen />),
  upgrades: ([part, digest]) => upgradesView(part, digest),
  sources: () => <SourcesScreen />,
  changes: () => <ChangesScreen />,
  news: ([cause = '']) => <NewsScreen cause={cause} />,
  notifications: () => <NotificationsScreen />,
  triage: () => <TriageScreen />,
  diff: () => <DiffScreen />,
};

function upgradesView(part: string | undefined, digest: string | undefined): JSX.Element {
  if (part === 'rebuilds') return <RebuildsScreen />;
  if (part !== 'bases') return <UpgradesScreen />;
  return digest === undefined ? <BasesScreen /> : <BaseScreen digest={digest} />;
}

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
