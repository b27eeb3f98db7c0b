import { Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RepositoryStory } from '../../../src/operations/repositories/contract.ts';
import { showRepository } from '../../../src/operations/repositories/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { Status } from '../../parts/badge.tsx';
import { repositoryName } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Empty, Loaded, RowBones } from '../../parts/states.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';
import { Time } from '../../parts/time.tsx';
import { PauseRepository } from '../repositories/pause-repository.tsx';
import { FindingsTab } from './findings-tab.tsx';
import { PolicyTab } from './policy-tab.tsx';
import { ScanNow } from './scan-now.tsx';
import { repositorySearch } from './search.ts';
import { WorkTab } from './work-tab.tsx';

const tabWords = { work: 'Work', findings: 'Findings', policy: 'Policy' } as const;

/** One watched repository. */
export function RepositoryPage(): ReactNode {
  const [search, setSearch] = usePageSearch(repositorySearch);
  const { repo, tab = 'work', q } = search;
  const query = useAsk(showRepository, { repo: repo ?? '' }, { enabled: repo !== undefined });
  const name = repositoryName(repo ?? '');
  if (repo === undefined) {
    return (
      <Page title="Repository">
        <Empty title="Which repository?">
          <Link to="/repositories" className="text-accent underline">
            Choose one
          </Link>
        </Empty>
      </Page>
    );
  }
  return (
    <Page
      title={name}
      about={
        <Link to="/repositories" className="inline-flex items-center gap-1 hover:text-text">
          <ArrowLeft aria-hidden size={13} />
          all repositories
        </Link>
      }
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {(story) => (
          <>
            <Head story={story} />
            <TabLinks
              label="Views of this repository"
              current={tab}
              tabs={[
                { tab: 'work', word: tabWords.work },
                { tab: 'findings', word: tabWords.findings, count: story.findingsOpen },
                { tab: 'policy', word: tabWords.policy, count: story.differences.length },
              ]}
            />
            <h2 className="sr-only">{tabWords[tab]}</h2>
            {tab === 'work' ? <WorkTab story={story} /> : null}
            {tab === 'findings' ? (
              <FindingsTab
                repo={story.name}
                words={q ?? ''}
                onSearch={(words) =>
                  setSearch({ q: words === '' ? undefined : words }, { replace: true })
                }
              />
            ) : null}
            {tab === 'policy' ? <PolicyTab key={story.name} story={story} /> : null}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Head({ story }: { readonly story: RepositoryStory }): ReactNode {
  const { name, host, state, pausedBy, lastScan } = story;
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 bg-surface px-4 pt-4 pb-3">
      <div className="min-w-0 flex-1 basis-[280px]">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-13 text-quiet">
          <Status status={state} />
          {pausedBy === null ? null : <span>by {pausedBy}</span>}
          {lastScan === null ? null : (
            <span>
              scanned <Time at={lastScan.at} />
            </span>
          )}
        </p>
        <p className="mt-2 break-all font-mono text-12 text-quiet">
          {host === 'local' ? name : `github.com, ${name}`}
        </p>
      </div>
      <div className="flex items-start gap-2">
        <ScanNow repo={name} />
        <PauseRepository line={story} />
      </div>
    </header>
  );
}
