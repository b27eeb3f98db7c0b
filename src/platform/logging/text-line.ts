import { escapeText } from './escape-line.ts';

const left = [
  'timestamp',
  'level',
  'logger',
  'message',
  'correlation_id',
  'stack',
  'trace_id',
  'span_id',
];

/** One line of a log file as a person reads it on a terminal: time of day, level, logger, message, facts. */
export function textLine(jsonLine: string): string {
  const record = JSON.parse(jsonLine) as Readonly<Record<string, unknown>>;
  const time = String(record['timestamp']).slice(11, 23);
  const facts = Object.entries(record)
    .filter(([name, value]) => !left.includes(name) && value !== null)
    .map(([name, value]) => `${name}=${short(value)}`);
  const id = record['correlation_id'];
  if (typeof id === 'string') facts.push(`(${id.slice(0, 8)})`);
  const head = `${time} ${String(record['level']).padEnd(5)} ${logger(record['logger'])}`;
  return `${escapeText(`${head}${String(record['message'])}  ${facts.join(' ')}`.trimEnd())}\n`;
}

function logger(name: unknown): string {
  return typeof name === 'string' ? `${name}: ` : '';
}

function short(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (isError(value)) {
    const code = typeof value.code === 'string' ? ` (${value.code})` : '';
    return JSON.stringify(`${value.name}: ${value.message}${code}`);
  }
  return JSON.stringify(value);
}

function isError(value: unknown): value is { name: string; message: string; code?: unknown } {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
