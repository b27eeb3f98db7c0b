import { Link } from '@tanstack/react-router';
import { Printer } from 'lucide-react';
import type { ReactNode } from 'react';
import type { EvidenceReport } from '../../../src/operations/security/contract.ts';
import { reportEvidence } from '../../../src/operations/security/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Page } from '../../frame/page.tsx';
import { Button } from '../../parts/button.tsx';
import { Choice } from '../../parts/choice.tsx';
import { classNames } from '../../parts/class-names.ts';
import { counted, formatCount } from '../../parts/format.ts';
import { usePageSearch } from '../../parts/page-search.ts';
import { Loaded, RowBones } from '../../parts/states.tsx';
import { OutcomeWord } from './outcome-word.tsx';
import { periods, periodWords } from './periods.ts';
import { reportSearch } from './search.ts';

/** Counts, samples with proofs and exceptions, control by control; it prints as it stands. */
export function ReportPage(): ReactNode {
  const [{ hours = 720 }, setSearch] = usePageSearch(reportSearch);
  const query = useAsk(reportEvidence, { hours }, { keep: true });
  return (
    <Page
      title="Audit evidence"
      about={periodWords(hours)}
      actions={
        <>
          <Choice
            label="Period"
            value={String(hours)}
            choices={periods}
            onChoose={(value) => setSearch({ hours: Number(value) })}
          />
          <Button icon={<Printer aria-hidden size={14} />} onClick={() => window.print()}>
            Print
          </Button>
          <Link
            to="/security"
            search={{ tab: 'chain' }}
            className="ml-auto text-13 text-accent underline"
          >
            Verification
          </Link>
        </>
      }
    >
      <Loaded query={query} skeleton={<RowBones />}>
        {(report) => <Report report={report} />}
      </Loaded>
    </Page>
  );
}

function Report({ report }: { readonly report: EvidenceReport }): ReactNode {
  const { log, controls, limits, since, until, made, product, entries } = report;
  const frameworks = [...new Set(controls.map(({ framework }) => framework))];
  return (
    <article className="mx-auto flex max-w-[900px] flex-col gap-8 px-4 py-6 text-13 print:max-w-none print:p-0">
      <header className="flex flex-col gap-1">
        <h2 className="font-semibold text-20">Audit evidence</h2>
        <p className="text-quiet">
          {product} · {utc(since)} to {utc(until)}
        </p>
        <p className="text-quiet">Made {utc(made)}</p>
      </header>
      <section className="flex flex-col gap-2">
        <h3 className="font-semibold text-16">The log</h3>
        <p className={log.intact ? 'font-medium text-ok' : 'font-medium text-bad'}>
          {log.intact
            ? `It verifies: ${counted(log.entries, 'entry', 'entries')} from number ${formatCount(log.firstEntry)} on, ${counted(log.checkpoints, 'signed checkpoint')}, signed until entry ${formatCount(log.signedUntil)}.`
            : `It does not verify${log.firstBad === null ? '' : ` from entry ${formatCount(log.firstBad)} on`}: ${log.why ?? 'the reason is not known'}.`}
        </p>
        {log.gaps.map(({ after, until: last, at }) => (
          <p key={after} className="text-bad">
            A restore on {utc(at)} gave up the entries {after + 1} to {last}.
          </p>
        ))}
        <p>
          Entries in the period: {entries === null ? 'no data' : formatCount(entries)}. Verifier
          key: <code className="break-all text-12">{log.verifierKey}</code>
        </p>
      </section>
      {frameworks.map((framework) => (
        <Framework
          key={framework}
          name={framework}
          controls={controls.filter((one) => one.framework === framework)}
        />
      ))}
      <section className="flex flex-col gap-2">
        <h3 className="font-semibold text-16">What this cannot show</h3>
        <ul className="list-disc pl-5">
          {limits.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </section>
    </article>
  );
}

/** The same for every reader, because it is printed and handed on. */
function utc(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}

type Control = EvidenceReport['controls'][number];

function Framework({
  name,
  controls,
}: {
  readonly name: string;
  readonly controls: readonly Control[];
}): ReactNode {
  return (
    <section className="flex flex-col gap-4">
      <h3 className="border-line border-b pb-1 font-semibold text-16">{name}</h3>
      {controls.map((control) => (
        <ControlPart key={control.control} control={control} />
      ))}
    </section>
  );
}

function ControlPart({ control: one }: { readonly control: Control }): ReactNode {
  const { control, title, counted: patterns, count, outcomes, samples, exceptions } = one;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 break-after-avoid">
        <h4 className="font-medium text-14">
          {control} {title}
        </h4>
        <p className="text-quiet">
          {count === null
            ? 'no data'
            : `${counted(count, 'entry', 'entries')}: ${Object.entries(outcomes)
                .map(([outcome, many]) => `${formatCount(many)} ${outcome}`)
                .join(', ')}`}
        </p>
      </div>
      <p className="text-12 text-quiet">
        Counted: <code className="break-all">{patterns.join(', ')}</code>
      </p>
      {samples.length === 0 ? null : <Samples samples={samples} label={`Samples of ${control}`} />}
      {one.exceptionCount === 0 ? null : (
        <div>
          <p className="font-medium">
            {counted(one.exceptionCount, 'exception')}
            {exceptions.length < one.exceptionCount ? `, the first ${exceptions.length} here` : ''}
          </p>
          <ul className="list-disc pl-5">
            {exceptions.map(({ seq, text }) => (
              <li key={seq} className="[overflow-wrap:anywhere]">
                entry {seq}: {text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

interface SampleColumn {
  readonly name: string;
  /** Left out on small screens, and printed. */
  readonly isExtra?: boolean;
  readonly cell: (sample: Control['samples'][number]) => ReactNode;
}

const sampleColumns: readonly SampleColumn[] = [
  {
    name: 'Entry',
    cell: ({ seq }) => (
      <Link
        to="/security"
        search={{ tab: 'audit', entry: seq, before: seq + 1 }}
        className="text-accent underline"
      >
        {seq}
      </Link>
    ),
  },
  { name: 'Time', cell: ({ at }) => <span className="whitespace-nowrap">{utc(at)}</span> },
  {
    name: 'Event',
    cell: ({ event, outcome }) => (
      <>
        <code>{event}</code> <OutcomeWord outcome={outcome} />
      </>
    ),
  },
  { name: 'Actor', isExtra: true, cell: ({ actor }) => actor },
  { name: 'Target', isExtra: true, cell: ({ target }) => target },
  {
    name: 'Proof',
    cell: ({ proof }) =>
      proof === null ? 'not signed yet' : <span className="whitespace-nowrap">signed</span>,
  },
];

function Samples({
  samples,
  label,
}: {
  readonly samples: Control['samples'];
  readonly label: string;
}): ReactNode {
  const box = ({ isExtra }: SampleColumn): string =>
    classNames('py-1 pr-3 last:pr-0', isExtra === true && 'hidden sm:table-cell print:table-cell');
  return (
    <table aria-label={label} className="w-full border-collapse text-12">
      <thead>
        <tr className="border-line border-b text-left text-quiet">
          {sampleColumns.map((column) => (
            <th key={column.name} scope="col" className={classNames(box(column), 'font-medium')}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {samples.map((one) => (
          <tr
            key={one.seq}
            className="break-inside-avoid border-line border-b align-top [overflow-wrap:anywhere]"
          >
            {sampleColumns.map((column) => (
              <td key={column.name} className={box(column)}>
                {column.cell(one)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
