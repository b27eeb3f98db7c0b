import type { ReactNode } from 'react';
import { useDeferredValue, useEffect, useState } from 'react';
import type { z } from 'zod';
import {
  previewConfiguration,
  showConfiguration,
  showConfigurationFile,
} from '../../../../src/operations/config/contract.ts';
import { useAsk } from '../../../data/data.tsx';
import { useSession } from '../../../data/session.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Button } from '../../../parts/button.tsx';
import { Choice } from '../../../parts/choice.tsx';
import { counted } from '../../../parts/format.ts';
import { usePageSearch } from '../../../parts/page-search.ts';
import { SearchBox } from '../../../parts/search-box.tsx';
import { Section } from '../../../parts/section.tsx';
import { Empty, ErrorPanel, RowBones, Waiting } from '../../../parts/states.tsx';
import { settingsSearch } from '../search.ts';
import type { Draft } from './draft.ts';
import { parseBox } from './draft.ts';
import { fieldKind } from './field-kind.ts';
import { FileView } from './file-view.tsx';
import { KeyField } from './key-field.tsx';
import { SaveDialog } from './save-dialog.tsx';
import { SectionList } from './section-list.tsx';
import { sectionWord } from './section-word.ts';

type Shown = z.output<typeof showConfiguration.output>;
type File = z.output<typeof showConfigurationFile.output>;
type Preview = z.output<typeof previewConfiguration.output>;

/** Every key as a form made from the schema, beside the file itself. */
export function ConfigurationTab(): ReactNode {
  const shown = useAsk(showConfiguration, {});
  const file = useAsk(showConfigurationFile, {});
  const failed = shown.error ?? file.error;
  if (failed !== null && (shown.data === undefined || file.data === undefined))
    return (
      <ErrorPanel
        error={failed}
        retry={() => {
          void shown.refetch();
          void file.refetch();
        }}
      />
    );
  if (shown.data === undefined || file.data === undefined)
    return (
      <Waiting>
        <RowBones />
      </Waiting>
    );
  return <Form shown={shown.data} file={file.data} />;
}

/** How long a person pauses between letters before what was typed is checked. */
const pauseMs = 250;

function Form({ shown, file }: { readonly shown: Shown; readonly file: File }): ReactNode {
  const { may } = useSession();
  const mayWrite = may('config:write') && file.writable;
  const [draft, setDraft] = useState<Draft>(new Map());
  const [isSaving, setIsSaving] = useState(false);
  const checked = useChecked(draft, file.schema);
  const [{ section, q }, setSearch] = usePageSearch(settingsSearch);
  const words = useDeferredValue((q ?? '').toLowerCase());
  const sections = [...new Set(shown.keys.map(({ key }) => sectionOf(key)))];
  const current = section !== undefined && sections.includes(section) ? section : sections[0];
  const listed = shown.keys.filter(({ key, description }) =>
    words === ''
      ? sectionOf(key) === current
      : `${key} ${description}`.toLowerCase().includes(words),
  );
  const type = (key: string, text: string | undefined): void =>
    setDraft((now) => new Map(now).set(key, text));
  const undo = (key: string): void =>
    setDraft((now) => new Map([...now].filter(([one]) => one !== key)));
  const wrong = [...draft.keys()].filter((key) => checked.faultOf(key) !== null);
  const review = (): void => {
    const [first] = wrong;
    if (first === undefined) setIsSaving(true);
    else leadTo(first, setSearch);
  };
  return (
    <>
      <Notices shown={shown} file={file} mayWrite={mayWrite} />
      <div className="grid lg:grid-cols-[176px_minmax(0,1fr)] xl:grid-cols-[176px_minmax(0,1fr)_440px]">
        <div className="flex flex-wrap items-center gap-2 px-4 pt-4 lg:flex-col lg:flex-nowrap lg:items-stretch lg:gap-3 lg:pr-0">
          <SearchBox
            label="Search the keys"
            value={q ?? ''}
            onSearch={(value) =>
              setSearch({ q: value === '' ? undefined : value }, { replace: true })
            }
          />
          <div className="lg:hidden">
            <Choice
              label="Section"
              value={current ?? ''}
              choices={sections.map((value) => ({ value, word: sectionWord(value) }))}
              onChoose={(value) => setSearch({ section: value, q: undefined })}
            />
          </div>
          <SectionList
            sections={sections}
            current={words === '' ? current : undefined}
            changed={new Set([...draft.keys()].map(sectionOf))}
          />
        </div>
        <div className="min-w-0 pb-4">
          {listed.length === 0 ? (
            <Empty title="No key is called so">
              <p>The file can hold {counted(shown.keys.length, 'key')}; none has these words.</p>
            </Empty>
          ) : (
            listed.map((one) => {
              const kind = fieldKind(file.schema, one.key);
              return (
                <KeyField
                  key={one.key}
                  of={one}
                  kind={kind}
                  typed={draft.get(one.key)}
                  isChanged={draft.has(one.key)}
                  mayWrite={mayWrite}
                  fault={checked.faultOf(one.key)}
                  remarks={draft.has(one.key) ? checked.remarksOn(one.key) : []}
                  onType={(text) => type(one.key, text)}
                  onUndo={() => undo(one.key)}
                  onDefault={() => type(one.key, undefined)}
                />
              );
            })
          )}
        </div>
        <div className="min-w-0 px-4 py-4 lg:col-start-2 xl:col-start-auto xl:border-line xl:border-l">
          <TheFile file={file} preview={checked.preview} />
        </div>
      </div>
      {draft.size === 0 ? null : (
        <div className="sticky bottom-0 z-10 flex flex-wrap items-center gap-3 border-line border-t bg-surface px-4 py-2">
          <p className="flex-1 text-13" role="status">
            {counted(draft.size, 'change')}
            {wrong.length === 0
              ? ''
              : `, ${counted(wrong.length, 'of them is', 'of them are')} not right yet`}
          </p>
          <Button onClick={() => setDraft(new Map())}>Discard</Button>
          <Button look="primary" onClick={review}>
            Look at the differences
          </Button>
        </div>
      )}
      <SaveDialog
        open={isSaving}
        changes={checked.changes}
        onClose={() => setIsSaving(false)}
        onSaved={() => {
          setIsSaving(false);
          setDraft(new Map());
        }}
      />
    </>
  );
}

interface Checked {
  readonly changes: readonly { readonly key: string; readonly value: string | null }[];
  readonly preview: Preview | undefined;
  readonly faultOf: (key: string) => string | null;
  readonly remarksOn: (key: string) => Preview['report']['warnings'];
}

/** What was typed as the service judges it, a moment after the last letter. */
function useChecked(draft: Draft, schema: File['schema']): Checked {
  const parsed = [...draft].map(([key, text]) => ({
    key,
    ...(text === undefined ? { json: null, fault: null } : parseBox(fieldKind(schema, key), text)),
  }));
  const changes = parsed
    .filter(({ fault }) => fault === null)
    .map(({ key, json }) => ({ key, value: json }));
  const settledChanges = useSettled(changes);
  const { data: preview, error } = useAsk(
    previewConfiguration,
    { changes: [...settledChanges] },
    { enabled: settledChanges.length > 0, keep: true },
  );
  const isOf = (path: string, key: string): boolean =>
    path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
  const refusal = error === null ? null : toApiError(error);
  return {
    changes,
    preview: changes.length === 0 ? undefined : preview,
    faultOf: (key) => {
      const own = parsed.find((one) => one.key === key);
      if (own === undefined) return null;
      if (own.fault !== null) return own.fault;
      if (refusal !== null && refusal.message.includes(key)) return refusal.message;
      if (preview === undefined || preview.fits) return null;
      const found = preview.report.errors.find(({ path }) => isOf(path, key));
      return found === undefined
        ? null
        : `${sentenceOf(found.message)}${found.write === null ? '' : ` ${found.write}`}`;
    },
    remarksOn: (key) => {
      if (preview === undefined) return [];
      const { warnings, securityIssues, performanceIssues } = preview.report;
      return [...securityIssues, ...warnings, ...performanceIssues].filter(({ path }) =>
        isOf(path, key),
      );
    },
  };
}

function sentenceOf(message: string): string {
  const words = message.charAt(0).toUpperCase() + message.slice(1);
  return words.endsWith('.') ? words : `${words}.`;
}

/** The value as it was when it last stayed the same for a moment. */
function useSettled<T>(value: T): T {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(text) as T), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function leadTo(key: string, setSearch: (change: { section: string; q: undefined }) => void): void {
  setSearch({ section: sectionOf(key), q: undefined });
  requestAnimationFrame(() => {
    const place = document.getElementById(`key-${key}`);
    place?.scrollIntoView({ block: 'center' });
    place?.querySelector<HTMLElement>('input, textarea, button')?.focus();
  });
}

/** What a person must know before they begin: that the file is read-only, wrong, or waits for a start. */
function Notices({
  shown,
  file,
  mayWrite,
}: {
  readonly shown: Shown;
  readonly file: File;
  readonly mayWrite: boolean;
}): ReactNode {
  const { may } = useSession();
  const notices = [
    shown.error === null
      ? null
      : `The file that is there now does not hold, so the one before does: ${shown.error}`,
    shown.needRestart.length === 0
      ? null
      : `Waits for the next start: ${shown.needRestart.join(', ')}.`,
    mayWrite || file.why === null ? null : `The file is read-only here. ${file.why}`,
    may('config:write') ? null : 'You can read this; an admin can change it.',
  ].filter((one) => one !== null);
  if (notices.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 border-line border-b bg-warn-tint px-4 py-2 text-13 text-warn">
      {notices.map((notice) => (
        <li key={notice} className="[overflow-wrap:anywhere]">
          {notice}
        </li>
      ))}
    </ul>
  );
}

function TheFile({
  file,
  preview,
}: {
  readonly file: File;
  readonly preview: Preview | undefined;
}): ReactNode {
  return (
    <div className="xl:sticky xl:top-16">
      <Section level={2} title="The file" aside={file.writable ? null : 'read-only'}>
        {file.text === null ? (
          <p className="text-13 text-quiet">{file.why}</p>
        ) : (
          <>
            <p className="break-all font-mono text-12 text-quiet">{file.file}</p>
            <FileView
              label="The configuration file"
              before={preview?.before ?? file.text}
              after={preview?.after ?? file.text}
              className="max-h-[calc(100dvh-200px)]"
            />
          </>
        )}
      </Section>
    </div>
  );
}

/** Its first part; what stands by itself is general, save the repositories. */
function sectionOf(key: string): string {
  return key.includes('.') || key === 'repositories' ? (key.split('.')[0] ?? key) : 'general';
}
