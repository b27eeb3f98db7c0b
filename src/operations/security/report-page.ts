import type { EvidenceReport } from './contract.ts';

/** One HTML page without scripts or anything loaded from elsewhere; it prints on A4 and letter. */
export function reportPage(report: EvidenceReport): string {
  const { log, controls } = report;
  const frameworks = [...new Set(controls.map(({ framework }) => framework))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit evidence ${text(report.since.slice(0, 10))} to ${text(report.until.slice(0, 10))}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Audit evidence</h1>
<p>${text(report.product)} · ${time(report.since)} to ${time(report.until)} · made ${time(report.made)}</p>
</header>
<section>
<h2>The log</h2>
<p class="${log.intact ? 'good' : 'bad'}">${
    log.intact
      ? `The log verifies: ${log.entries} entries from number ${log.firstEntry} on, ${log.checkpoints} signed checkpoints, signed until entry ${log.signedUntil}.`
      : `The log does not verify${log.firstBad === null ? '' : ` from entry ${log.firstBad} on`}: ${text(log.why ?? '')}.`
  }</p>
${log.gaps.map((gap) => `<p class="bad">A restore at ${time(gap.at)} gave up the entries ${gap.after + 1} to ${gap.until}.</p>`).join('\n')}
<p>Entries in the period: ${report.entries ?? 'no data'}. Verifier key: <code>${text(log.verifierKey)}</code></p>
</section>
${frameworks.map((name) => framework(name, report)).join('\n')}
<section>
<h2>What this cannot show</h2>
<ul>${report.limits.map((limit) => `<li>${text(limit)}</li>`).join('')}</ul>
</section>
</body>
</html>
`;
}

type Found = EvidenceReport['controls'][number];

function framework(name: string, { controls }: EvidenceReport): string {
  const own = controls.filter((one) => one.framework === name);
  const rows = own.map(
    ({ control, title, count, outcomes, exceptionCount }) =>
      `<tr><th scope="row">${text(control)}</th><td>${text(title)}</td><td class="number">${count ?? 'no data'}</td><td>${text(outcomeText(outcomes))}</td><td class="number">${count === null ? 'no data' : exceptionCount}</td></tr>`,
  );
  return `<section>
<h2>${text(name)}</h2>
<table>
<thead><tr><th scope="col">Control</th><th scope="col">About</th><th scope="col">Entries</th><th scope="col">Outcomes</th><th scope="col">Exceptions</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
${own.map(details).join('\n')}
</section>`;
}

function details({
  control,
  title,
  counted,
  count,
  samples,
  exceptions,
  exceptionCount,
}: Found): string {
  if (count === null) return '';
  const shown =
    exceptions.length < exceptionCount ? `, the first ${exceptions.length} of them here` : '';
  return `<h3>${text(control)} ${text(title)}</h3>
<p>Counted: ${counted.map((name) => `<code>${text(name)}</code>`).join(', ')}</p>
<table>
<thead><tr><th scope="col">Entry</th><th scope="col">Time</th><th scope="col">Event</th><th scope="col">Outcome</th><th scope="col">Actor</th><th scope="col">Target</th></tr></thead>
<tbody>
${samples.map((one) => `<tr><td class="number">${one.seq}</td><td>${time(one.at)}</td><td>${text(one.event)}</td><td>${text(one.outcome)}</td><td>${text(one.actor)}</td><td>${text(one.target ?? '')}</td></tr>`).join('\n')}
</tbody>
</table>
${
  exceptionCount === 0
    ? ''
    : `<p>${exceptionCount} exceptions${shown}:</p>
<ul>${exceptions.map((one) => `<li>entry ${one.seq}: ${text(one.text)}</li>`).join('')}</ul>`
}
<details><summary>Lines and proofs of the samples</summary>
${samples.map((one) => `<pre>${text(one.line)}\n\n${text(one.proof ?? 'not signed yet')}</pre>`).join('\n')}
</details>`;
}

function outcomeText(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}

function time(iso: string): string {
  return `<time datetime="${text(iso)}">${text(iso.slice(0, 19).replace('T', ' '))} UTC</time>`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/gu, (sign) => `&#${sign.charCodeAt(0)};`);
}

const style = `
body { font: 14px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #999; } h3 { margin-top: 1.8rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ddd; vertical-align: top; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; } .good { color: #0b5d1e; font-weight: 600; } .bad { color: #a30000; font-weight: 600; }
code { overflow-wrap: anywhere; } pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 11px; background: #f4f4f4; padding: .5rem; }
tr, pre, li { break-inside: avoid; }
@page { margin: 18mm; } @media print { body { margin: 0; max-width: none; font-size: 10pt; } }
`;
