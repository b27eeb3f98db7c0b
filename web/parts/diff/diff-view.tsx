import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { Button } from '../button.tsx';
import { classNames } from '../class-names.ts';
import { counted } from '../format.ts';
import { ScrollBox } from '../scroll-box.tsx';
import type { DiffFile, DiffLine } from './parse-patch.ts';
import { parsePatch } from './parse-patch.ts';

/** A file with more changed lines is folded at first. */
const foldAbove = 400;

/** A unified diff, file by file. */
export function DiffView({ patch }: { readonly patch: string }): ReactNode {
  const files = useMemo(() => parsePatch(patch), [patch]);
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-13 text-quiet">
        {counted(files.length, 'file')}, <span className="text-ok">+{added}</span>{' '}
        <span className="text-bad">−{removed}</span> {added + removed === 1 ? 'line' : 'lines'}
      </p>
      {files.map((file) => (
        <FileDiff key={file.path} file={file} />
      ))}
    </div>
  );
}

function FileDiff({ file }: { readonly file: DiffFile }): ReactNode {
  const [isOpen, setIsOpen] = useState(file.added + file.removed <= foldAbove);
  return (
    <section aria-label={file.path} className="overflow-hidden rounded-6 border border-line">
      <h3 className="flex flex-wrap items-center gap-x-3 bg-sunken px-3 py-2 font-mono text-12">
        <span className="min-w-0 flex-1 break-all font-medium">
          {file.from === null ? file.path : `${file.from} → ${file.path}`}
        </span>
        <span className="text-ok">+{file.added}</span>
        <span className="text-bad">−{file.removed}</span>
      </h3>
      {file.isBinary ? <p className="px-3 py-2 text-13 text-quiet">A binary file.</p> : null}
      {isOpen ? (
        <ScrollBox label={`Changes in ${file.path}`} className="bg-surface">
          <table className="min-w-full border-collapse font-mono text-12 leading-5">
            {file.hunks.map((hunk, index) => (
              // Hunks have no name of their own and never change places.
              // oxlint-disable-next-line react/no-array-index-key
              <tbody key={index}>
                {index === 0 && hunk.place === '' ? null : (
                  <tr className="bg-busy-tint text-quiet">
                    <td colSpan={4} className="whitespace-pre px-3">
                      ⋯ {hunk.place}
                    </td>
                  </tr>
                )}
                {hunk.lines.map((line, place) => (
                  // oxlint-disable-next-line react/no-array-index-key
                  <Line key={place} line={line} />
                ))}
              </tbody>
            ))}
          </table>
        </ScrollBox>
      ) : (
        <div className="bg-surface p-3">
          <Button onClick={() => setIsOpen(true)}>
            Show {counted(file.added + file.removed, 'changed line')}
          </Button>
        </div>
      )}
    </section>
  );
}

const tints = { same: '', added: 'bg-ok-tint', removed: 'bg-bad-tint', note: 'text-quiet' };
const marks = { same: ' ', added: '+', removed: '−', note: '' };

function Line({ line }: { readonly line: DiffLine }): ReactNode {
  const { kind, before, after, text } = line;
  return (
    <tr className={tints[kind]}>
      <td className="w-px select-none pr-2 pl-3 text-right text-quiet">{before}</td>
      <td className="w-px select-none pr-2 text-right text-quiet">{after}</td>
      <td
        className={classNames(
          'w-px select-none px-1',
          kind === 'added' && 'text-ok',
          kind === 'removed' && 'text-bad',
        )}
      >
        {marks[kind]}
      </td>
      <td className="whitespace-pre pr-4">{text}</td>
    </tr>
  );
}
