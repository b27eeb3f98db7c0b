import { beyond, setOf } from './reader.ts';

/** Words of other languages for a password or a key; those of Chinese are too short to be looked for without a sign. */
export const chinese = ['密码', '密碼', '口令', '密钥', '密鑰'];
const foreign = [
  'contrase(?:ñ|n\u0303?)a',
  'mot[ _-]?de[ _-]?passe',
  'senha',
  'palavra[ _-]passe',
  'парол(?:ь|я|ю|ем|и|а)',
  'kennwort',
  'wachtwoord',
  'lösenord',
  'adgangskode',
  'salasana',
  'has[łl]o',
  'heslo',
  '[şs][iİ]fre',
  'parola(?: d.ordine)?',
  'jelsz[óo]',
  'κωδικ[όο]ς',
  'パスワード',
  '비밀번호',
  'mật khẩu',
  'contrasenya',
  'lozinka',
  'лозинка',
  'geslo',
  'slapta[žz]odis',
  'parool',
  'kata sandi',
  '暗証番号',
  'كلمة (?:المرور|السر)',
  'رمز عبور',
  'סיסמ[הא]',
  'पासवर्ड',
  'รหัสผ่าน',
  ...chinese,
];

/** What people call a secret, the frequent ones first; source of a regular expression without regard to case. */
export const secretNames = [
  'pass(?:word|wort|wd|phrase|code|ord)',
  'token',
  'pwd',
  'psk',
  'secret(?:[ _-]?(?:access[ _-]?)?key(?:[_-]?base)?|[_-]?token|[_-]?value)?',
  '(?:unseal|api|access|account|private|encryption|signing|master|shared|session|auth|app|application|service|license|deploy|storage|admin|subscription)[ _-]?(?:access[ _-]?)?key',
  '(?<=(?:otp|mfa|2fa)[ _-]?)(?:seed|key)',
  'credential',
  'client[_-]?key[_-]?data',
  ...foreign,
].join('|');

/** What names of keys are made of: `[A-Za-z0-9_.-]`. */
export const isInName = setOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-');

/** What does not stand behind `otp`, `2fa` or `mfa`, of which the last letter tells most, and at most one sign. */
export function isNotBehindFactor(units: Uint16Array, at: number): boolean {
  const before = units[at - 1] ?? 0;
  const last = isBetween[Math.min(before, beyond)] === 1 ? (units[at - 2] ?? 0) : before;
  return isLastOfFactor[Math.min(last, beyond)] !== 1;
}
const isBetween = setOf(' _-');
const isLastOfFactor = setOf('pPaA');

const nameAlone = new RegExp(`^(?:${secretNames})[.:?!*]?$`, 'i');

/** Another word for such a name, as translations have it, or the version of a library that is called so. */
export function isOtherName(value: string): boolean {
  return (
    nameAlone.test(value) ||
    /^(?:[~^][0-9]{1,4}(?:\.[0-9]{1,6}){0,3}|[0-9]{1,4}(?:\.[0-9]{1,6}){2,3})(?:-[a-z0-9.-]{1,20})?$/.test(
      value,
    )
  );
}

const starts =
  'password passwort passwd passphrase passcode passord contrase senha palavra пар kennwort wachtwoord lösenord adgangskode salasana hasł hasl heslo şif sifre ŞİF parola jelsz κωδ パスワ 비밀번 mật lozinka лоз geslo slapta parool kata 暗証番 كلمة رمز סיסמ पासवर รหัส pwd psk secret token credential seed key';

/** What a key may be called by; everyday words, so they begin a name only where it goes on as one. */
const owners =
  'unseal api access account private encryption signing master shared session auth app application service license deploy storage admin subscription';

/** Each of these words before each of those, as names write them: in one word, or with a sign between. */
function joined(words: string, others: readonly string[]): readonly string[] {
  return words
    .split(' ')
    .flatMap((word) =>
      ['', ' ', '_', '-'].flatMap((by) => others.map((other) => word + by + other)),
    );
}

/** How each of them begins; the scan tells capitals from small letters where these are not of ASCII. */
export const nameStarts = [
  ...new Set([
    ...starts
      .split(' ')
      .flatMap((start) => (isAscii(start) ? start : [start, start.toUpperCase()])),
    ...joined(owners, ['key', 'access']),
    ...joined('client', ['key']),
    ...joined('mot', ['de']),
    ...chinese.flatMap((word) => [...':=：＝ "'].map((next) => word + next)),
  ]),
];

function isAscii(text: string): boolean {
  return /^[a-z]+$/.test(text);
}

const between = String.raw`[ \t]{0,32}`;

/** The first characters of what may stand between a name and its value, as `sign` has it. */
const signs = [...`=: "'\t\\*：＝%`];

/** These words where such a sign follows: how everyday words begin a name. */
export function beforeSign(...words: readonly string[]): readonly string[] {
  return words.flatMap((word) => signs.map((next) => word + next));
}

/** What may stand between a name and its value: quotes, also escaped ones or with letters for their kind, and a sign, also as in addresses. */
export const sign = String.raw`\\{0,4}(?:["']\]?)?${between}(?:\*\*)?(?:=>|:=|=|:|[：＝]|%3[AaDd])(?:\*\*)?${between}(?:[NbBrRuUfF@]{1,2}(?=["']))?\\{0,4}(?:["'\`]{1,3}|\[\[(?!REDACTED:))?`;
