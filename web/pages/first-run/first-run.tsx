import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { listRepositories } from '../../../src/operations/repositories/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { Together } from '../../parts/together.tsx';
import { AccessStep } from './access-step.tsx';
import { AgentStep, useUsualAgent } from './agent-step.tsx';
import { RepositoryStep } from './repository-step.tsx';
import { ScanStep } from './scan-step.tsx';

/** Repository, access, agent, first scan. Each step is measured anew, so nothing is lost by leaving. */
export function FirstRunPage(): ReactNode {
  const query = useAsk(listRepositories, {});
  const agent = useUsualAgent();
  return (
    <Page title="Set up" about="four steps to the first proposals">
      <Loaded query={query} skeleton={<RowBones rows={4} />}>
        {({ items }) => (
          <Together queries={agent} skeleton={<RowBones rows={4} />}>
            <div className="max-w-[640px] px-4 py-6">
              <ol>
                <RepositoryStep watched={items} />
                <AccessStep watched={items} />
                <AgentStep />
                <ScanStep watched={items} />
              </ol>
              <p className="text-13 text-quiet">
                You can leave this at any time and come back; it shows what is done.{' '}
                <Link to="/inbox" className="text-accent underline">
                  To the inbox
                </Link>
              </p>
            </div>
          </Together>
        )}
      </Loaded>
    </Page>
  );
}
