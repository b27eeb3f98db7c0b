import type { ReactNode } from 'react';
import { listBlocks } from '../../../src/operations/protection/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Page } from '../../frame/page.tsx';
import { usePageSearch } from '../../parts/page-search.ts';
import { TabLinks } from '../../parts/tab-links.tsx';
import { TokenTable } from '../../parts/tokens/token-table.tsx';
import { AuditTab } from './audit-tab.tsx';
import { BlocksTab } from './blocks-tab.tsx';
import { ChainTab } from './chain-tab.tsx';
import { CredentialsTab } from './credentials-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import type { SecurityTab } from './search.ts';
import { securitySearch } from './search.ts';
import { SessionsTab } from './sessions-tab.tsx';

const abouts: Readonly<Record<SecurityTab, string>> = {
  overview: 'what happened, and what is open',
  audit: 'every act, newest first',
  chain: 'whether the audit log is what was written',
  blocked: 'who is kept out',
  sessions: 'who is signed in, and from where',
  tokens: 'what programs may do',
  credentials: 'secrets by name and age; values are shown nowhere',
};

export function SecurityPage(): ReactNode {
  const { may } = useSession();
  const [{ tab = may('security:read') ? 'overview' : 'sessions' }] = usePageSearch(securitySearch);
  const { data: blocks } = useAsk(
    listBlocks,
    {},
    { enabled: may('security:read'), everyMs: 30_000 },
  );
  return (
    <Page title="Security" about={abouts[tab]}>
      <TabLinks
        label="Security"
        current={tab}
        tabs={[
          { tab: 'overview', word: 'Overview' },
          { tab: 'audit', word: 'Audit log' },
          { tab: 'chain', word: 'Verification' },
          { tab: 'blocked', word: 'Blocked', count: blocks?.items.length ?? 0 },
          { tab: 'sessions', word: 'Sessions' },
          { tab: 'tokens', word: 'Tokens' },
          { tab: 'credentials', word: 'Credentials' },
        ]}
      />
      <View tab={tab} />
    </Page>
  );
}

function View({ tab }: { readonly tab: SecurityTab }): ReactNode {
  const { may } = useSession();
  switch (tab) {
    case 'overview':
      return <OverviewTab />;
    case 'audit':
      return <AuditTab />;
    case 'chain':
      return <ChainTab />;
    case 'blocked':
      return <BlocksTab />;
    case 'sessions':
      return <SessionsTab />;
    case 'tokens':
      return <TokenTable isEverybody={may('users:manage')} />;
    case 'credentials':
      return <CredentialsTab />;
  }
}
