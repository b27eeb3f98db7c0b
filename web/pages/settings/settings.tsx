import type { ReactNode } from 'react';
import { useSession } from '../../data/session.tsx';
import { Page } from '../../frame/page.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { TabLinks } from '../../parts/tab-links.tsx';
import { TokenTable } from '../../parts/tokens/token-table.tsx';
import { AgentsTab } from './agents-tab.tsx';
import { ConfigurationTab } from './configuration/configuration-tab.tsx';
import { PeopleTab } from './people/people-tab.tsx';
import type { SettingsTab } from './search.ts';
import { settingsSearch } from './search.ts';
import { WebhooksTab } from './webhooks/webhooks-tab.tsx';

const abouts: Readonly<Record<SettingsTab, string>> = {
  configuration: 'the form and the file are the same thing',
  people: 'accounts, and what each may do',
  tokens: 'your API tokens',
  webhooks: 'what comes in, and what other programs are told',
  agents: 'who does the work, and whether it can',
};

export function SettingsPage(): ReactNode {
  const [{ tab = 'configuration' }] = usePageSearch(settingsSearch);
  return (
    <Page title="Settings" about={abouts[tab]}>
      <TabLinks
        label="Settings"
        current={tab}
        tabs={[
          { tab: 'configuration', word: 'Configuration' },
          { tab: 'people', word: 'People' },
          { tab: 'tokens', word: 'API tokens' },
          { tab: 'webhooks', word: 'Webhooks' },
          { tab: 'agents', word: 'Agents' },
        ]}
      />
      <View tab={tab} />
    </Page>
  );
}

function View({ tab }: { readonly tab: SettingsTab }): ReactNode {
  switch (tab) {
    case 'configuration':
      return <ConfigurationTab />;
    case 'people':
      return <PeopleTab />;
    case 'tokens':
      return <Tokens />;
    case 'webhooks':
      return <WebhooksTab />;
    case 'agents':
      return <AgentsTab />;
  }
}

/** One's own; who works at the machine without an account has none, and sees everybody's. */
function Tokens(): ReactNode {
  const { hasAccount } = useSession();
  return <TokenTable isEverybody={!hasAccount} />;
}
