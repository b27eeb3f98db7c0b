import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a marker says of the text that carries it. */
export interface Mark {
  readonly intentId: string;
  readonly fingerprint: string;
}

export interface Markers {
  /** The hidden comment that goes into the body of what is made. */
  make(mark: Mark & { readonly repositoryKey: string }): string;
  /** The first genuine marker of a body, wherever it stands; null when there is none, or it is forged or of another repository. */
  read(body: string, repositoryKey: string): Mark | null;
}

/**
 * Markers `<!-- cms:1:<intent id>:<fingerprint>:<hmac> -->`, signed with HMAC-SHA256 cut to 128 bits (RFC 2104, section 5).
 * The repository is signed and not written, so that a copy elsewhere counts for nothing.
 */
export function createMarkers(key: Buffer): Markers {
  return {
    make: ({ intentId, fingerprint, repositoryKey }) => {
      const mark = { intentId: word(intentId), fingerprint: word(fingerprint) };
      const code = codeOf(key, mark, repositoryKey).toString('hex');
      return `<!-- cms:1:${mark.intentId}:${mark.fingerprint}:${code} -->`;
    },
    read: (body, repositoryKey) => {
      for (const [, intentId = '', fingerprint = '', code = ''] of body.matchAll(pattern)) {
        const mark = { intentId, fingerprint };
        const genuine = codeOf(key, mark, repositoryKey);
        if (timingSafeEqual(genuine, Buffer.from(code, 'hex'))) return mark;
      }
      return null;
    },
  };
}

const pattern = /<!-- ?cms:1:([\w.-]{1,128}):([\w.-]{1,128}):([0-9a-f]{32}) ?-->/gu;
const codeBytes = 16;

function codeOf(key: Buffer, mark: Mark, repositoryKey: string): Buffer {
  const signed = `cms:1:${mark.intentId}:${mark.fingerprint}:${repositoryKey}`;
  return createHmac('sha256', key).update(signed).digest().subarray(0, codeBytes);
}

function word(text: string): string {
  if (/^[\w.-]{1,128}$/u.test(text)) return text;
  throw new TypeError('a marker holds only words of letters, digits, dots and dashes');
}
