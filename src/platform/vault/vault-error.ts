import { AppError } from '../../lib/app-error.ts';

/** The key file, or whatever the keys come from, is not used as it is. */
export function keyUnsafe(place: string, why: string, next: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'vault_key_unsafe',
    message: `The vault's key in ${place} is not used, because ${why}.`,
    next,
    details: { place },
  });
}

export function keyMalformed(place: string, why: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'vault_key_malformed',
    message: `The vault's key in ${place} cannot be read: ${why}.`,
    next: 'A key is 32 random bytes as base64url (44 characters with the "=" at the end), one a line, the newest first. Put the right one back from where it is kept.',
    details: { place },
  });
}

export function keyMissing(place: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'vault_key_missing',
    message: `The vault holds values, but its key is not there: nothing in ${place}.`,
    next: 'Put the key back there, or give it as CMS_VAULT_KEY or as the systemd credential cms-vault-key. A new key cannot open what an old one closed, so none is made.',
    details: { place },
  });
}

export function keyWrong(place: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'vault_key_wrong',
    message: `The key from ${place} does not open this vault: it was closed with another one. Nothing was changed.`,
    next: 'Give the key that belongs to this database (a second line after the new key is enough), or restore the key from where it is kept.',
    details: { place },
  });
}

export function tampered(name: string, why: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'vault_entry_tampered',
    message: `The stored ${name} is not given out, because ${why}.`,
    next: `Find out who wrote into the database, then store the value again: claude-manager credentials set ${name}`,
    details: { name },
  });
}

export function unknownCredential(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'credential_unknown',
    message: `The vault holds no credential ${name}.`,
    next: `See \`claude-manager credentials list\`, or store it: claude-manager credentials set ${name}`,
    details: { name },
  });
}

export function expired(name: string, expiresAt: string): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'credential_expired',
    message: `The credential ${name} expired at ${expiresAt} and is not given out any more.`,
    next: `Store a new one: claude-manager credentials set ${name}`,
    details: { name, expiresAt },
  });
}

export function noNewKey(place: string): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'vault_key_not_new',
    message: `Everything in the vault is under the newest key from ${place} already, and a new one cannot be written there by this program.`,
    next: 'Put a new key before the old one there, start again, and run `claude-manager credentials rekey`.',
    details: { place },
  });
}

export function rotationFailed(name: string, why: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'rotation_failed',
    message: `The credential ${name} was not rotated: ${why}. The value that stood before goes on to hold.`,
    next: 'Look at the program that is named in security.vault.rotate, then run `claude-manager credentials rotate` again.',
    details: { name },
    cause,
  });
}

export function noRotator(name: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'rotation_not_configured',
    message: `Nothing says how a new value of ${name} is made.`,
    next: `Configure it in security.vault.rotate, or store the new value: claude-manager credentials set ${name}`,
    details: { name },
  });
}

export function rekeyUnderWay(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'rekey_under_way',
    message: 'Another process changes the key of the vault right now.',
    next: 'Wait until it has ended; calling again is harmless.',
  });
}
