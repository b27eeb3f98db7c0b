import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import type { RepositoryLine } from '../../../src/operations/repositories/contract.ts';
import { checkAccess } from '../../../src/operations/repositories/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import { counted, repositoryName } from '../../parts/format.ts';
import { WithCode } from '../../parts/with-code.tsx';
import { Asking, Step, Tried } from './step.tsx';
import { Trouble } from './trouble.tsx';

/** Whether the credential can read and write what is watched; asked of the code hosts, not guessed. */
export function AccessStep({
  watched,
}: {
  readonly watched: readonly RepositoryLine[];
}): ReactNode {
  const isReady = watched.length > 0;
  const { may } = useSession();
  const mayAsk = may('scans:run');
  const query = useAsk(
    checkAccess,
    { limit: mostAsked },
    { enabled: isReady && mayAsk, keep: true },
  );
  const { data } = query;
  const failed = data?.items.some(({ state }) => state === 'failed') ?? false;
  const isDone = data !== undefined && data.items.length > 0 && !failed;
  return (
    <Step
      number={2}
      title="Access"
      state={failed ? 'failed' : isDone ? 'done' : 'todo'}
      about="The service reads repositories and writes issues, branches and pull requests with a credential of its own; agents never get it."
    >
      {!isReady ? <p className="text-13 text-quiet">First name a repository.</p> : null}
      {!mayAsk ? (
        <p className="text-13 text-quiet">An admin or operator can ask the code hosts.</p>
      ) : null}
      {query.isLoading ? <Asked watched={watched} /> : null}
      {data === undefined ? null : (
        <ul>
          {data.items.map(({ name, use, state, evidence, next }) => (
            <Tried
              key={`${use} ${name}`}
              isOk={state === 'ok'}
              title={
                <>
                  {repositoryName(name)}
                  {use === 'manager' ? ', which takes the proposals' : ''}
                </>
              }
            >
              <WithCode text={`${evidence} ${next ?? ''}`} />
            </Tried>
          ))}
        </ul>
      )}
      {data === undefined || data.left === 0 ? null : (
        <p className="text-12 text-quiet">{counted(data.left, 'further one')} not asked about.</p>
      )}
      <Trouble error={query.error} />
      {isReady && mayAsk ? (
        <div>
          <Button
            icon={<KeyRound aria-hidden size={14} />}
            disabled={query.isFetching}
            onClick={() => void query.refetch()}
          >
            {query.isFetching ? 'Asking' : 'Ask again'}
          </Button>
        </div>
      ) : null}
    </Step>
  );
}

/** Of how many the code hosts are asked. */
const mostAsked = 10;

/** Who is being asked, as high as the answers will be. */
function Asked({ watched }: { readonly watched: readonly RepositoryLine[] }): ReactNode {
  return (
    <ul>
      {watched.slice(0, mostAsked).map(({ name }) => (
        <Asking key={name} title={repositoryName(name)} />
      ))}
    </ul>
  );
}
