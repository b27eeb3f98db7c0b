import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, Copy, Lock, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  createContext,
  useContext,
  useId,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ShownError } from '../data/to-api-error.ts';
import { toApiError } from '../data/to-api-error.ts';
import { Button } from './button.tsx';
import { WithCode } from './with-code.tsx';

/** Nothing yet, or nothing left: what it means and what to do. */
export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="mx-auto flex max-w-[440px] flex-col items-center gap-2 px-4 py-16 text-center">
      {icon === undefined ? null : <div className="mb-1 text-quiet">{icon}</div>}
      <h2 className="text-16 font-semibold">{title}</h2>
      <div className="text-balance text-13 text-quiet">{children}</div>
    </div>
  );
}

/** What is said in one place of several that say the same: of each text, who came first. */
interface Said {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly first: (text: string) => string | undefined;
  readonly add: (text: string, id: string) => () => void;
}

const SaidContext = createContext<Said | null>(null);

/** Below it the same trouble is said once, however many parts of the page have it. */
export function SayOnce({ children }: { readonly children: ReactNode }): ReactNode {
  const [said] = useState(createSaid);
  return <SaidContext value={said}>{children}</SaidContext>;
}

function createSaid(): Said {
  const ids = new Map<string, readonly string[]>();
  const listeners = new Set<() => void>();
  const change = (text: string, now: readonly string[]): void => {
    ids.set(text, now);
    for (const listener of listeners) listener();
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    first: (text) => ids.get(text)?.[0],
    add: (text, id) => {
      change(text, [...(ids.get(text) ?? []), id]);
      return () =>
        change(
          text,
          (ids.get(text) ?? []).filter((one) => one !== id),
        );
    },
  };
}

const nobody: Said = {
  subscribe: () => () => undefined,
  first: () => undefined,
  add: () => () => undefined,
};

/** Whether this is the one of several that says it. */
function useIsToSay(text: string): boolean {
  const id = useId();
  const said = useContext(SaidContext) ?? nobody;
  useLayoutEffect(() => said.add(text, id), [said, text, id]);
  const first = useSyncExternalStore(said.subscribe, () => said.first(text));
  return said === nobody || first === id;
}

/** What, why, what to do, and the number to tell the person who looks after the service. */
export function ErrorPanel({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
}): ReactNode {
  const shown = toApiError(error);
  const queries = useQueryClient();
  if (!useIsToSay(`${shown.code} ${shown.message}`)) return null;
  if (shown.kind === 'forbidden') return <NoPermission error={shown} />;
  const retryAll = (): void => {
    retry?.();
    // What could not be read for the same reason is not shown beside it.
    void queries.refetchQueries({
      type: 'active',
      predicate: ({ state }) => state.status === 'error' && state.fetchStatus === 'idle',
    });
  };
  return (
    <div role="alert" className="mx-auto flex max-w-[520px] flex-col gap-3 px-4 py-12">
      <div className="flex items-start gap-3">
        <CircleAlert aria-hidden size={20} className="shrink-0 text-bad" />
        <div className="min-w-0">
          <h2 className="text-14 font-semibold">{headline(shown)}</h2>
          <p className="text-13">
            <WithCode text={shown.message} />
          </p>
          {shown.next === null ? null : (
            <p className="mt-1 text-13 text-quiet">
              <WithCode text={shown.next} />
            </p>
          )}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-3 pl-8">
        {retry === undefined ? null : (
          <Button icon={<RotateCw aria-hidden size={14} />} onClick={retryAll}>
            Try again
          </Button>
        )}
        {shown.correlationId === null ? null : <CorrelationId id={shown.correlationId} />}
      </div>
    </div>
  );
}

export function headline({ kind }: ShownError): string {
  switch (kind) {
    case 'not_found':
      return 'This is not here';
    case 'unavailable':
    case 'timeout':
      return 'The service did not answer';
    case 'rate_limited':
      return 'Too many requests';
    case 'invalid_input':
      return 'The address or the input is not valid';
    default:
      return 'This could not be read';
  }
}

function NoPermission({ error }: { readonly error: ShownError }): ReactNode {
  return (
    <Empty icon={<Lock aria-hidden size={24} />} title="You may not see this">
      <p>
        <WithCode text={error.message} />
      </p>
      <p>
        <WithCode text={error.next ?? 'An admin can give you a role that may, under Settings.'} />
      </p>
    </Empty>
  );
}

/** The id under which the log and the audit log tell what happened; a click copies it. */
export function CorrelationId({ id }: { readonly id: string }): ReactNode {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="inline-flex items-center gap-1 rounded-3 font-mono text-12 text-quiet hover:text-text"
      onClick={() => {
        navigator.clipboard.writeText(id).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
      aria-label={`Copy correlation id ${id}`}
    >
      <Copy aria-hidden size={12} />
      {copied ? 'copied' : id}
    </button>
  );
}

/** Shows an answer, or the state in which it is not there; what was shown stays while it is read again. */
export function Loaded<T>({
  query,
  skeleton,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly skeleton: ReactNode;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  }
  return <Waiting>{skeleton}</Waiting>;
}

/** A skeleton of the real shape; shown only when the wait is long enough to be felt. */
export function Waiting({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div role="status" aria-label="Loading" className="appear-late">
      {children}
    </div>
  );
}

/** One grey line of a skeleton; `width` in characters. */
export function Bone({ width }: { readonly width: number }): ReactNode {
  return (
    <span
      aria-hidden
      className="inline-block h-3 max-w-full rounded-3 bg-line align-middle"
      style={{ width: `${width}ch` }}
    />
  );
}

/** Skeleton of a list: rows of two lines. */
export function RowBones({ rows = 8 }: { readonly rows?: number }): ReactNode {
  return (
    <div className="flex flex-col">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex flex-col gap-1 border-line border-b px-4 py-3">
          <Bone width={44 - (index % 3) * 9} />
          <Bone width={26 + (index % 2) * 7} />
        </div>
      ))}
    </div>
  );
}
