import {
  createHash,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** What a passkey device does, in software: ES256, no attestation, the person verified. */
export interface SoftAuthenticator {
  create(options: Record<string, unknown>): Record<string, unknown>;
  /** `counter` is what the device says; one more than the last time when not given. */
  get(
    options: Record<string, unknown>,
    changes?: { readonly counter?: number; readonly isVerified?: boolean },
  ): Record<string, unknown>;
}

export function createSoftAuthenticator(
  origin: string,
  { counts = true }: { readonly counts?: boolean } = {},
): SoftAuthenticator {
  const rpId = new URL(origin).hostname;
  const id = randomBytes(32);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let counter = 0;
  const clientData = (type: string, options: Record<string, unknown>): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge: options['challenge'], origin }));
  const answer = (response: Record<string, unknown>): Record<string, unknown> => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  });
  return {
    create: (options) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, coseOf(publicKey)]);
      const authData = Buffer.concat([dataOf(rpId, 0x45, counter), attested]);
      const attestation = isoCBOR.encode(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', new Uint8Array(authData)],
        ]) as never,
      );
      return answer({
        clientDataJSON: clientData('webauthn.create', options).toString('base64url'),
        attestationObject: Buffer.from(attestation).toString('base64url'),
        transports: ['internal'],
      });
    },
    get: (options, changes = {}) => {
      if (counts) counter = changes.counter ?? counter + 1;
      const data = clientData('webauthn.get', options);
      const flags = changes.isVerified === false ? 0x01 : 0x05;
      const authenticatorData = dataOf(rpId, flags, counter);
      const hash = createHash('sha256').update(data).digest();
      const signature = createSign('sha256')
        .update(Buffer.concat([authenticatorData, hash]))
        .sign(privateKey);
      return answer({
        clientDataJSON: data.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
      });
    },
  };
}

function dataOf(rpId: string, flags: number, counter: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count]);
}

/** RFC 9052: key type EC2, algorithm ES256, curve P-256. */
function coseOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const map = new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
    [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
  ]);
  return Buffer.from(isoCBOR.encode(map as never));
}
