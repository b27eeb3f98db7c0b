import { CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import {
  previewConfiguration,
  saveConfiguration,
} from '../../../src/operations/config/contract.ts';
import type { RepositoryStory } from '../../../src/operations/repositories/contract.ts';
import { useAct, useAsk } from '../../data/data.tsx';
import { toApiError } from '../../data/to-api-error.ts';
import { Button } from '../../parts/button.tsx';
import { CorrelationId } from '../../parts/states.tsx';
import { WithCode } from '../../parts/with-code.tsx';
import type { PolicyDraft } from './policy-draft.ts';
import { changesOf, draftOf, isChanged } from './policy-draft.ts';
import { policyFields } from './policy-fields.ts';
import { inWords } from './policy-input.tsx';
import { useSettled } from './use-settled.ts';

/** What saving would change, what the service says of it, and the saving. */
export function PolicySave({
  story,
  draft,
  isOwn,
  hasErrors,
  onRefused,
  onDiscard,
}: {
  readonly story: RepositoryStory;
  readonly draft: PolicyDraft;
  readonly isOwn: boolean;
  /** What was typed cannot be read. */
  readonly hasErrors: boolean;
  /** What the service says of the keys, by key. */
  readonly onRefused: (errors: Readonly<Record<string, string>>) => void;
  readonly onDiscard: () => void;
}): ReactNode {
  const { entry } = story;
  const changes = isChanged(entry, draft) && !hasErrors ? changesOf(story, draft, isOwn) : [];
  // Typing is not asked about letter by letter.
  const settled = useSettled(JSON.stringify(changes), 250);
  const asked = JSON.parse(settled) as typeof changes;
  const preview = useAsk(
    previewConfiguration,
    { changes: [...asked] },
    { enabled: asked.length > 0, keep: true },
  );
  const save = useAct(saveConfiguration);
  const report = asked.length === 0 ? undefined : preview.data?.report;
  const place = `repositories.${entry.index ?? entry.entries}.`;
  const refused = refusedKeys(report?.errors ?? [], place);
  const refusedText = JSON.stringify(refused);
  useEffect(() => {
    onRefused(JSON.parse(refusedText) as Readonly<Record<string, string>>);
  }, [refusedText, onRefused]);
  const isCurrent = settled === JSON.stringify(changes) && !preview.isPlaceholderData;
  const why = whyNot({
    isEmpty: !isChanged(entry, draft),
    hasErrors: hasErrors || Object.keys(refused).length > 0,
    isChecked: isCurrent && preview.data !== undefined,
    fits: preview.data?.fits ?? true,
  });
  const remarks = report === undefined ? [] : [...report.securityIssues, ...report.warnings];
  const here = remarks.filter(({ path }) => path.startsWith(place));
  const others = (report?.errors ?? []).filter(({ path }) => !path.startsWith(place));
  return (
    <aside aria-label="What changes" className="flex flex-col gap-3 self-start lg:sticky lg:top-16">
      <h3 className="font-semibold text-14">What changes</h3>
      <Differences story={story} draft={draft} />
      {[...others, ...here].map(({ code, path, message }) => (
        <p key={`${code} ${path}`} className="rounded-6 bg-warn-tint px-3 py-2 text-13 text-warn">
          {message}
        </p>
      ))}
      {preview.error === null || asked.length === 0 ? null : <Trouble error={preview.error} />}
      {save.error === null ? null : <Trouble error={save.error} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          look="primary"
          disabled={why !== null || save.isPending}
          onClick={() =>
            save.mutate({ changes: [...changes], version: preview.data?.version ?? '' })
          }
        >
          {save.isPending ? 'Saving' : 'Save'}
        </Button>
        {isChanged(entry, draft) ? <Button onClick={onDiscard}>Discard</Button> : null}
      </div>
      <p aria-live="polite" className="flex items-center gap-1 text-12 text-quiet">
        {save.isSuccess && !isChanged(entry, draft) ? (
          <>
            <CircleCheck aria-hidden size={13} className="text-ok" />
            Saved; it holds from now on.
          </>
        ) : (
          (why ?? 'Checked by the service: it fits.')
        )}
      </p>
    </aside>
  );
}

function Trouble({ error }: { readonly error: unknown }): ReactNode {
  const { message, next, correlationId } = toApiError(error);
  return (
    <div role="alert" className="text-13 text-bad">
      <WithCode text={`${message} ${next ?? ''}`} />
      {correlationId === null ? null : <CorrelationId id={correlationId} />}
    </div>
  );
}

function whyNot({
  isEmpty,
  hasErrors,
  isChecked,
  fits,
}: {
  readonly isEmpty: boolean;
  readonly hasErrors: boolean;
  readonly isChecked: boolean;
  readonly fits: boolean;
}): string | null {
  if (isEmpty) return 'Nothing to save: it is as in the file.';
  if (hasErrors) return 'Something in the form is wrong; it is marked there.';
  if (!isChecked) return 'Being checked.';
  return fits ? null : 'The configuration would not hold together like this.';
}

/** Messages about keys of this entry, by key; those of a line of a list belong to the list. */
function refusedKeys(
  errors: readonly { readonly path: string; readonly message: string }[],
  place: string,
): Readonly<Record<string, string>> {
  const byKey: Record<string, string> = {};
  for (const { path, message } of errors) {
    const rest = path.startsWith(place) ? path.slice(place.length) : null;
    const field = policyFields.find(({ key }) => rest === key || rest?.startsWith(`${key}.`));
    if (field !== undefined) byKey[field.key] ??= message;
  }
  return byKey;
}

/** Each key that the draft changes, before and after. */
function Differences({
  story: { entry },
  draft,
}: {
  readonly story: RepositoryStory;
  readonly draft: PolicyDraft;
}): ReactNode {
  const before = draftOf(entry);
  const changed = policyFields.filter(({ key }) => before[key] !== draft[key]);
  if (changed.length === 0) return <p className="text-13 text-quiet">Nothing yet.</p>;
  return (
    <dl className="flex flex-col gap-2 text-13">
      {changed.map((field) => (
        <div key={field.key}>
          <dt className="font-medium">{field.label}</dt>
          <dd className="break-words">
            <del className="text-quiet">{shown(before[field.key])}</del>{' '}
            <span aria-hidden className="text-quiet">
              →
            </span>{' '}
            <ins className="no-underline">{shown(draft[field.key])}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
  function shown(text: string | undefined): string {
    if (text === undefined) return 'left out';
    return inWords({ key: '', label: '', about: '', sort: 'text' }, text.split('\n'));
  }
}
