import { AppError } from '../../lib/app-error.ts';

/** Whether a password may be chosen: by its length and by how soon it would be guessed, never by what it is made of. */
export interface PasswordRules {
  /** Throws AppError `invalid_input` `password_weak` with the reason. */
  require(password: string, account: string): Promise<void>;
}

/** Words that somebody would try here first. */
const ourWords = ['claude', 'manager', 'service', 'anthropic', 'github'];
/** A word of the list below this length is part of too many good passwords. */
const shortestCore = 4;

export function createPasswordRules(settings: () => { readonly minPasswordLength: number }) {
  let list: Promise<ReadonlySet<string>> | undefined;
  return {
    require: async (password, account) => {
      const least = settings().minPasswordLength;
      if ([...password].length < least) throw weak(`it has fewer than ${least} characters`);
      const plain = password.toLowerCase();
      list ??= commonPasswords();
      const common = await list;
      if (isRepetition(plain)) throw weak('it repeats one short piece');
      if (common.has(plain) || common.has(coreOf(plain)))
        throw weak('it is one of the most common');
      if (isOfWords(plain, [account.toLowerCase(), ...ourWords]))
        throw weak('it is made of the name of the account or of the product');
    },
  } satisfies PasswordRules;
}

/** Loaded when the first password is set; about 50,000 entries, which is far beyond what a lockout lets anybody try. */
async function commonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].map((one) => one.toLowerCase()));
}

/** Without the digits and signs that people put round a word to make it longer. */
function coreOf(plain: string): string {
  const core = plain.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return core.length >= shortestCore ? core : plain;
}

/** `aaaaaaaaaaaa`, `abcabcabcabc`: nothing but one piece of at most four characters. */
function isRepetition(plain: string): boolean {
  return /^(.{1,4}?)\1+$/su.test(plain);
}

/** Nothing is left but a few characters once these words are taken out. */
function isOfWords(plain: string, words: readonly string[]): boolean {
  const known = words.filter((word) => word.length >= 3);
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), plain);
  return rest !== plain && [...rest.replaceAll(/[^\p{L}]/gu, '')].length < 4;
}

function weak(why: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'password_weak',
    message: `This password cannot be used: ${why}.`,
    next: 'Take a longer one, for example four words that have nothing to do with each other.',
    details: { field: 'password' },
  });
}
