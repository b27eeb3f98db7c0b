import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';

/** Ed25519 in the algorithm byte of C2SP signed-note. */
const ed25519 = 1;
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Who checks notes: the name of the log and its public key. */
export interface NoteVerifier {
  /** Name of the log; the first line of each of its notes begins with it. */
  readonly origin: string;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** `<origin>+<key id, hex>+<base64>`, as C2SP signed-note writes a verifier's key. */
  readonly verifierKey: string;
  /** The text of the note when this key signed it; null for anything else. */
  open(note: string): string | null;
}

/** Who makes them. */
export interface NoteSigner extends NoteVerifier {
  /** Text of lines, each with its line feed; answers the note with its signature. */
  sign(text: string): string;
}

/** From the 32 bytes of an Ed25519 private key (RFC 8032). The log is named after the key, so that another key is another log. */
export function createNoteSigner(seed: Uint8Array): NoteSigner {
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyPrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const verifier = createNoteVerifier(spki.subarray(publicKeyPrefix.length));
  const id = keyId(verifier);
  return {
    ...verifier,
    sign: (text) => {
      const signature = Buffer.concat([id, signBytes(null, Buffer.from(text), key)]);
      return `${text}\n— ${verifier.origin} ${signature.toString('base64')}\n`;
    },
  };
}

/** From the 32 bytes of a public key. */
function createNoteVerifier(publicKey: Buffer, origin: string = originOf(publicKey)): NoteVerifier {
  const key = createPublicKey({
    key: Buffer.concat([publicKeyPrefix, publicKey]),
    format: 'der',
    type: 'spki',
  });
  const id = keyId({ origin, publicKey });
  const encoded = Buffer.concat([Buffer.from([ed25519]), publicKey]).toString('base64');
  return {
    origin,
    publicKey,
    verifierKey: `${origin}+${id.toString('hex')}+${encoded}`,
    open: (note) => openNote(note, origin, id, key),
  };
}

function openNote(note: string, origin: string, id: Buffer, key: KeyObject): string | null {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return null;
  const text = note.slice(0, end + 1);
  for (const line of note.slice(end + 2).split('\n')) {
    if (!line.startsWith(`— ${origin} `)) continue;
    const signature = Buffer.from(line.slice(origin.length + 3), 'base64');
    if (signature.length !== 68 || !signature.subarray(0, 4).equals(id)) continue;
    if (verifyBytes(null, Buffer.from(text), key, signature.subarray(4))) return text;
  }
  return null;
}

function originOf(publicKey: Buffer): string {
  return `claude-manager/audit-${hash('sha256', publicKey, 'hex').slice(0, 16)}`;
}

function keyId({ origin, publicKey }: { origin: string; publicKey: Buffer }): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${origin}\n`), Buffer.from([ed25519]), publicKey]);
  return hash('sha256', bytes, 'buffer').subarray(0, 4);
}
