import { sha256 } from '../../lib/hash.ts';

/** The 64-bit key of a named advisory lock, as the decimal text that PostgreSQL takes for int8. */
export function advisoryKey(name: string): string {
  return BigInt.asIntN(64, BigInt(`0x${sha256(`claude-manager:${name}`).slice(0, 16)}`)).toString();
}
