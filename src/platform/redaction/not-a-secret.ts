// What stands where a secret would stand and is none.

/** A variable or a row of stars where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  return /^[$%{*<]|^(?:password|passwd|pass|secret|token|pw|bearer|basic|\.{3}|…)[.,]?$/i.test(
    value,
  );
}

/** What stands after `password=` in code and documents and is no secret. */
export function looksLikeCode(value: string): boolean {
  return (
    /^(?:[{(*.[<]|process\.|env\.|os\.|self\.|this\.|config\.|secrets?\.)/.test(value) ||
    isVariable(value) ||
    (value.startsWith('/') && !(value.length >= 32 && looksStrong(value))) ||
    /^[A-Za-z_$][\w$.?]*(?:[([{]|\|\||&&|\?\?)/.test(value) ||
    /^(?:string|number|boolean|undefined|null|none|true|false|required|optional|unknown|readonly)\b/i.test(
      value,
    ) ||
    /^(?:your|my|the|some|change)[_-]?(?:own|me|api|access|secret|token|password|key)/i.test(
      value,
    ) ||
    /^(.)\1*$/.test(value)
  );
}

/** `$PASSWORD`, `${password}`, `$(pass show x)`, `%PASSWORD%`, `%s`, `:password`: something is put in here later. */
function isVariable(value: string): boolean {
  return /^(?:\$[{(]|\$[A-Za-z_][A-Za-z0-9_]*(?:[^A-Za-z0-9_!#^&*~]|$)|\$[0-9]?$|%[A-Za-z_(]|:[a-z_]+$)/.test(
    value,
  );
}

/** `-----BEGIN` in base64: it has a kind of its own. */
export const encodedPem = 'LS0tLS1CRUdJTi';

/** A commit, a checksum or a UUID, also behind the name of its algorithm: things have these as names. */
export function isDigest(value: string): boolean {
  return /^(?:(?:md5|sha(?:1|256|384|512))[-:=])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$|^sha(?:1|256|384|512)-/i.test(
    value,
  );
}

/** Letters of both cases in no order of words, right behind `=`, as shells write it: a name changes its case where a word begins. */
export function isMixed(value: string, match: string): boolean {
  return (
    match.includes(`=${value}`) &&
    /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z]{8,64}$/.test(value) &&
    !/^[A-Z]{0,4}[a-z]*(?:[A-Z]{1,3}[a-z]{2,})*[A-Z]{0,3}$/.test(value)
  );
}

/** Letters alone that change their case as no words do, whatever capitals stand for the first letters of others. */
export function isScrambled(value: string): boolean {
  return (
    /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z]{12,64}$/.test(value) &&
    !/^[A-Z]{0,6}[a-z]*(?:[A-Z]{1,6}[a-z]{2,})*[A-Z]{0,5}$/.test(value)
  );
}

/** Letters with digits between them, not only behind them as in a version or a number of something. */
export function isMingled(value: string): boolean {
  return /[A-Za-z].*[0-9].*[A-Za-z]/.test(value);
}

/** A word of letters alone, or of letters and dashes, is a name; digits or capitals between make it a value. */
export function looksRandom(value: string): boolean {
  return value.length >= 12
    ? /[0-9]/.test(value) && /[A-Za-z]/.test(value)
    : /[^A-Za-z0-9_-]/.test(value) ||
        (/[0-9]/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value));
}

/** Letters of both cases and digits, or a long run of small ones and digits: hardly anything but a secret or a digest. */
export function looksStrong(value: string): boolean {
  if (!/[0-9]/.test(value) || !/[a-z]/i.test(value) || /^[a-z]+:\/\//i.test(value)) return false;
  // `Uint8Array`
  if (/^[A-Z][a-z]+[0-9]{1,3}(?:[A-Z][a-z]+)*$/.test(value)) return false;
  if (/[a-z]/.test(value) && /[A-Z]/.test(value))
    return !/^[A-Za-z]+(?:[-_./:][A-Za-z0-9]+)*$|[([]/.test(value);
  return (
    value.length >= 16 && /^[a-z0-9]+$/i.test(value) && value.replaceAll(/[^0-9]/g, '').length >= 3
  );
}

/**
 * What an issuer may have given out, beside what looks strong: pieces with dashes between them, one of which mixes letters
 * and digits, and letters alone that change their case as words never do. A digest or a UUID is none.
 */
export function looksIssued(value: string): boolean {
  if (looksStrong(value)) return !isDigest(value);
  // Of a longer one it was asked whether it is strong; neither words nor signs of a program are tried further.
  if (value.length < 20 || value.length > 200 || !/[0-9]|[a-z][A-Z]/.test(value)) return false;
  if (!/^[A-Za-z0-9_.=+/-]+$/.test(value) || isDigest(value)) return false;
  if (value.split(/[-_.]/).some((piece) => piece.length >= 8 && changesBetween(piece) >= 4))
    return true;
  const capitals = value.replaceAll(/[^A-Z]/g, '').length;
  const changes = value.match(/[a-z][A-Z]/g)?.length ?? 0;
  return capitals * 10 >= value.length * 3 && changes * 6 >= value.length;
}

/** How often a letter stands beside a digit. */
function changesBetween(piece: string): number {
  return piece.match(/[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])/g)?.length ?? 0;
}

/**
 * What a configuration or a program calls a secret: the variable that holds it (`API_TOKEN`, `row.token`), its type
 * (`password: Secret;`), the name of its file (`vault-key`), one of our own subjects (`token:ada/ci`).
 */
export function isName(value: string, match: string, next: string): boolean {
  const opening = match.at(-value.length - 1) ?? '';
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) || /^[A-Za-z-]+:$/.test(value)) return true;
  // `(password: string, token: Token): …`
  if (/^[A-Z][A-Za-z]{0,40}(?:\[\])?\){1,4}:?$/.test(value) && /\s/.test(opening)) return true;
  if (/^[a-z]+(?:-[a-z]+)*-(?:key|token|secret|password)$/.test(value)) return true;
  if (/^[a-z][a-z0-9._-]{0,30}\/[a-z0-9._-]{1,30}$/.test(value) && opening === ':') return true;
  if (opening === '`') return next !== '`' && /^[a-z-]+$/.test(value);
  if (!/\s/.test(opening)) return false;
  // `form["password"] = entered`
  if (/["']\] = [A-Za-z_]+$/.test(match)) return true;
  if (/^[_$a-z][A-Za-z_$]*(?:\??\.[A-Za-z_$]+)*$/.test(value)) {
    const capitals = value.replaceAll(/[^A-Z]/g, '').length;
    if (/[._$]/.test(value.slice(0, -1)) || capitals > 0) return capitals * 4 <= value.length;
    return value.length <= 15 && /[,;)]/.test(next);
  }
  return (
    /^[A-Z][A-Za-z0-9]{0,40}(?:\.[A-Z][A-Za-z0-9]{0,40})?$/.test(value) &&
    /[a-z]/.test(value) &&
    /[,;<>)|[\]]/.test(next)
  );
}

/** `invalid token: unexpected end`: a message speaks of a token, and an ordinary word follows; so does one of another alphabet. */
export function isProse(value: string, match: string): boolean {
  return (
    /^(?=.*[^ -~])[\p{L}\p{M}]+[.,!?。]?$/u.test(value) ||
    (/^(?:token|secret|credential): /i.test(match) &&
      /^[a-z]{1,14}(?:-[a-z]{1,14})?[.!?)]?$/.test(value))
  );
}
