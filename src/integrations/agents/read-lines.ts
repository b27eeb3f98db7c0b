/** Longest line that is handed on whole; what is longer is cut there, so that no agent can fill our memory. */
const longestLine = 4 * 2 ** 20;

/** Splits a stream into lines (LF or CRLF) until it ends. Bytes that are no UTF-8 become U+FFFD. */
export async function readLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: string, bytes: number) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let pending = '';
  let bytes = 0;
  const take = (text: string) => {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      pending = cut(pending + text.slice(start, Math.min(end, start + longestLine)));
      onLine(pending.replace(/\r$/, ''), bytes);
      pending = '';
      bytes = 0;
      start = end + 1;
    }
    if (pending.length < longestLine) pending = cut(pending + text.slice(start));
  };
  for await (const chunk of stream) {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    bytes += data.length;
    take(decoder.decode(data, { stream: true }));
  }
  take(decoder.decode());
  if (pending !== '') onLine(pending, bytes);
}

function cut(text: string): string {
  return text.length > longestLine ? text.slice(0, longestLine) : text;
}
