import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Dialog } from '../components/dialog.tsx';
import { startKeyboard } from '../keyboard.ts';
import { asOf, hrefOf, place } from '../router.ts';
import { texts } from '../texts.ts';
import { nextTheme, theme } from '../theme.ts';
import { AsOfPicker, asOfReach } from './as-of-picker.tsx';
import { Freshness } from './freshness.tsx';
import { SearchBox } from './search-box.tsx';
import { SignIn, WhoAmI } from './sign-in.tsx';

const areas = [
  ['/', texts.areas.today],
  ['/images', texts.areas.images],
  ['/advisories', texts.areas.advisories],
  ['/packages', texts.areas.packages],
  ['/upgrades', texts.areas.upgrades],
  ['/sources', texts.areas.sources],
  ['/notifications', texts.areas.notifications],
  ['/triage', texts.areas.triage],
] as const;

/** Areas to which views without an entry of their own belong. */
const within: Readonly<Record<string, string>> = {
  changes: '/',
  news: '/',
  findings: '/advisories',
  diff: '/images',
};

/** Header and navigation around a view. */
export function Shell({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const isHelpOpen = useSignal(false);
  useEffect(() => {
    startKeyboard(() => {
      isHelpOpen.value = true;
    });
  }, [isHelpOpen]);
  return (
    <>
      <a class="skip" href="#content">
        {texts.skip}
      </a>
      <header class="top">
        <a class="brand" href={hrefOf('/')}>
          {texts.product}
        </a>
        <SearchBox />
        <AsOfPicker />
        <Freshness />
        <button type="button" class="quiet" title={texts.theme[theme.value]} onClick={nextTheme}>
          <span aria-hidden="true">{themeSigns[theme.value]}</span>
          <span class="sr-only">
            {texts.theme.label}: {texts.theme[theme.value]}
          </span>
        </button>
        <button
          type="button"
          class="quiet help-button"
          title={texts.help.open}
          onClick={() => {
            isHelpOpen.value = true;
          }}
        >
          <span aria-hidden="true">?</span>
          <span class="sr-only">{texts.help.open}</span>
        </button>
        <WhoAmI />
      </header>
      <Navigation />
      <main id="content" tabIndex={-1}>
        <SignIn />
        {asOf.value !== undefined && <AsOfBanner date={asOf.value} />}
        {children}
      </main>
      {isHelpOpen.value && (
        <Help
          onClose={() => {
            isHelpOpen.value = false;
          }}
        />
      )}
    </>
  );
}

const themeSigns = { system: '◐', light: '☀', dark: '☾' };

function Navigation(): JSX.Element {
  const first = place.value.path.split('/')[1] ?? '';
  const area = within[first] ?? `/${first}`;
  return (
    <nav class="areas" aria-label={texts.navigation}>
      <ul>
        {areas.map(([path, name]) => (
          <li key={path}>
            <a href={hrefOf(path)} {...(path === area && { 'aria-current': 'page' as const })}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function AsOfBanner({ date }: { readonly date: string }): JSX.Element {
  const reach = asOfReach(place.value.path);
  return (
    <p class={reach === 'none' ? 'notice notice-warning' : 'notice as-of'}>
      {texts.asOf.banner[reach](date)}{' '}
      <a href={hrefOf(place.value.path, { ...keptQuery(), asOf: undefined })}>{texts.asOf.clear}</a>
    </p>
  );
}

function keptQuery(): Record<string, string> {
  return Object.fromEntries(place.value.query);
}

function Help({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title={texts.help.title} closeText={texts.help.close} kind="box" onClose={onClose}>
      <dl class="keys">
        {texts.help.keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
