/** What people call a secret; source of a regular expression without regard to case. */
export const secretNames = [
  'pass(?:word|wort|wd|phrase|code)',
  'contrase[nñ]a',
  'mot de passe',
  'senha',
  'пароль',
  'pwd',
  'psk',
  'secret(?:[_-]?(?:access[_-]?)?key(?:[_-]?base)?|[_-]?token|[_-]?value)?',
  '(?:api|access|account|private|encryption|signing|master|shared|session|auth|app|application|service|license|deploy|storage|admin|subscription)[ _-]?(?:access[ _-]?)?key',
  '(?<=(?:otp|mfa|2fa)[ _-]?)(?:seed|key)',
  'token',
  'credential',
  'client[_-]?key[_-]?data',
].join('|');

/** How each of them begins. */
export const nameStarts =
  'pass contrase mot senha пар pwd psk secret api access account private encryption signing master shared session auth app service license deploy storage admin subscription token credential client seed key'.split(
    ' ',
  );

const between = String.raw`[ \t]{0,32}`;

/** What may stand between a name and its value: quotes, also escaped ones, and a sign, also as in addresses. */
export const sign = String.raw`\\{0,4}(?:["']\]?)?${between}(?:\*\*)?(?:=>|:=|=|:|%3[AaDd])(?:\*\*)?${between}(?:N(?='))?\\{0,4}(?:["'\`]{1,3}|\[\[(?!REDACTED:))?`;
