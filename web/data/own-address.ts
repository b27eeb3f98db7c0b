const site = 'http://own.invalid';

/** A path of this site, as a browser reads it: `//host`, `/\host` and `/<tab>/host` lead elsewhere. */
export function isOwnAddress(address: string | undefined): address is string {
  if (address === undefined || !address.startsWith('/')) return false;
  try {
    return new URL(address, site).origin === site;
  } catch {
    return false;
  }
}
