/** What a code generator reads in the Base32 text (RFC 4648) that a person typed in. */
export function bytesOfBase32(text: string): Uint8Array {
  const bits = [...text.replaceAll(/[\s=]/gu, '')]
    .map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    .join('');
  return Uint8Array.from(bits.match(/[01]{8}/gu) ?? [], (byte) => Number.parseInt(byte, 2));
}
