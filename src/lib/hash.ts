import { hash } from 'node:crypto';

/** SHA-256 as lower-case hex, 64 characters. */
export function sha256(text: string | Uint8Array): string {
  return hash('sha256', text, 'hex');
}

/** A short stable id made from its parts, 24 hex characters: equal parts give the same id on any machine. */
export function idOf(...parts: readonly string[]): string {
  return sha256(parts.map((part) => `${part.length}:${part}`).join('|')).slice(0, 24);
}
