import { Buffer, isUtf8 } from 'node:buffer';

/** A file's text with one character a byte, so that offsets are byte offsets and scanning is cheap. */
export interface SourceText {
  readonly src: string;
  /** The text between two offsets, decoded. */
  readonly decode: (start: number, end: number) => string;
}

/** Bytes that git looks at to tell text from binary. */
const BINARY_PROBE_BYTES = 8000;

/** The text of the file: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1; undefined when it is binary. */
export function sourceTextOf(bytes: Uint8Array): SourceText | undefined {
  const buffer = asUtf8(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const nul = buffer.indexOf(0);
  if (nul >= 0 && nul < BINARY_PROBE_BYTES) return undefined;
  const encoding = isUtf8(buffer) ? 'utf8' : 'latin1';
  return {
    src: buffer.toString('latin1'),
    decode: (start, end) => buffer.toString(encoding, start, end),
  };
}

function asUtf8(buffer: Buffer): Buffer {
  const [first, second, third] = buffer;
  if (first === 0xef && second === 0xbb && third === 0xbf) return buffer.subarray(3);
  const little = first === 0xff && second === 0xfe;
  if (!little && !(first === 0xfe && second === 0xff)) return buffer;
  const units = Buffer.from(buffer.subarray(2, buffer.length - (buffer.length % 2)));
  return Buffer.from((little ? units : units.swap16()).toString('utf16le'), 'utf8');
}
