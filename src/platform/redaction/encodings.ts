/** Every way in which a value may stand in a text, with what is sure to stand there. */
export function encodingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const url = encodeURIComponent(value);
  const strictUrl = url.replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  const json = jsonEscaped(value);
  const all = [
    value,
    json,
    jsonEscaped(json),
    url,
    strictUrl,
    url.replaceAll('%20', '+'),
    url.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase()),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => {
      const core = base64Core(bytes, offset);
      return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
    }),
  ];
  return [...new Set(all)].filter((text) => text.length >= 6);
}

/** The characters of base64 that depend on the value alone when it starts at this offset of a group of three bytes. */
function base64Core(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  const end = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
