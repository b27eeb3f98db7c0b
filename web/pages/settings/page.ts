import { Settings } from 'lucide-react';
import { definePage } from '../../page.ts';
import { settingsSearch } from './search.ts';

/** How the service is set up, who may use it, and what it talks to. */
export const settings = definePage({
  path: '/settings',
  title: 'Settings',
  permission: null,
  search: settingsSearch,
  nav: { icon: Settings },
  places: [
    { word: 'Settings: configuration' },
    { word: 'Settings: people and roles', search: { tab: 'people' } },
    { word: 'Settings: API tokens', search: { tab: 'tokens' } },
    { word: 'Settings: webhooks and deliveries', search: { tab: 'webhooks' } },
    { word: 'Settings: agents', search: { tab: 'agents' } },
  ],
  load: () => import('./settings.tsx').then(({ SettingsPage }) => ({ View: SettingsPage })),
});
