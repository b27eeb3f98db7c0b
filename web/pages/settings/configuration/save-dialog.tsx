import type { ReactNode } from 'react';
import {
  previewConfiguration,
  saveConfiguration,
} from '../../../../src/operations/config/contract.ts';
import { useAct, useAsk } from '../../../data/data.tsx';
import { toApiError } from '../../../data/to-api-error.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Button } from '../../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../../parts/dialog.tsx';
import { FormError } from '../../../parts/form-error.tsx';
import { counted } from '../../../parts/format.ts';
import { Loaded, RowBones } from '../../../parts/states.tsx';
import { FileView } from './file-view.tsx';

interface Change {
  readonly key: string;
  readonly value: string | null;
}

/** What is about to change, key by key and line by line; only then it is written. */
export function SaveDialog({
  open,
  changes,
  onClose,
  onSaved,
}: {
  readonly open: boolean;
  readonly changes: readonly Change[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}): ReactNode {
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={`Write ${counted(changes.length, 'change')} into the file?`}
      about="Running work goes on; what holds at once does so within two seconds, and the audit log names each key."
    >
      {open ? <Differences changes={changes} onClose={onClose} onSaved={onSaved} /> : null}
    </Dialog>
  );
}

function Differences({
  changes,
  onClose,
  onSaved,
}: {
  readonly changes: readonly Change[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}): ReactNode {
  const query = useAsk(previewConfiguration, { changes: [...changes] });
  const save = useAct(saveConfiguration);
  return (
    <Loaded query={query} skeleton={<RowBones rows={2} />}>
      {({ differences, before, after, version, fits, report }) => (
        <div className="flex flex-col gap-4">
          <table className="w-full border-collapse text-13">
            <thead>
              <tr className="border-line border-b text-left text-12 text-quiet">
                <th scope="col" className="py-1 pr-3 font-medium">
                  Key
                </th>
                <th scope="col" className="py-1 pr-3 font-medium">
                  Now
                </th>
                <th scope="col" className="py-1 font-medium">
                  Then
                </th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ key, before: was, after: will, restart }) => (
                <tr key={key} className="border-line border-b align-top [overflow-wrap:anywhere]">
                  <th scope="row" className="py-2 pr-3 text-left font-medium">
                    {key}
                    {restart ? (
                      <span className="mt-1 block">
                        <Badge tone="warn">from the next start on</Badge>
                      </span>
                    ) : null}
                  </th>
                  <td className="py-2 pr-3 font-mono text-12">{valueWords(was)}</td>
                  <td className="py-2 font-mono text-12">{valueWords(will)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <FileView
            label="Differences in the file"
            before={before}
            after={after}
            className="max-h-[280px]"
          />
          {fits ? null : (
            <FormError
              error={{
                message: report.errors.map(({ path, message }) => `${path}: ${message}.`).join(' '),
                next: 'Nothing can be written while this is so.',
              }}
            />
          )}
          <FormError error={save.error === null ? null : toApiError(save.error)} />
          <DialogButtons>
            <Button onClick={onClose}>Go on changing</Button>
            <Button
              look="primary"
              disabled={save.isPending}
              onClick={() =>
                save.mutate({ changes: [...changes], version }, { onSuccess: onSaved })
              }
            >
              Write the file
            </Button>
          </DialogButtons>
        </div>
      )}
    </Loaded>
  );
}

function valueWords(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
