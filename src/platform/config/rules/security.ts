import { createRedactor, type Redactor } from '../../redaction/redactor.ts';
import { type Complaint, type Rule, weighed, when } from '../remark.ts';

/** Harmless on one's own machine, wrong where others depend on it. */
const strictest = {
  development: 'securityIssues',
  staging: 'errors',
  production: 'errors',
} as const;
/** A trial of production says so as well. */
const onlyLive = { development: null, staging: 'securityIssues', production: 'errors' } as const;
const liveIssue = {
  development: null,
  staging: 'warnings',
  production: 'securityIssues',
} as const;
const inProduction = {
  development: 'securityIssues',
  staging: 'securityIssues',
  production: 'errors',
} as const;

/** What lets a stranger in or a secret out; stricter in production. */
export const securityRules: readonly Rule[] = [
  ({ loaded: { config }, environment }) =>
    weighed(
      environment,
      inProduction,
      config.executor.allowUnsandboxed || config.executor.sandbox === 'none',
      {
        code: 'unsandboxed',
        path: config.executor.allowUnsandboxed ? 'executor.allowUnsandboxed' : 'executor.sandbox',
        message:
          'agents may run without a sandbox and can then do anything this user can, approving included',
        write: config.executor.allowUnsandboxed ? '"allowUnsandboxed": false' : '"sandbox": "auto"',
      },
    ),
  ({ loaded: { config }, environment }) =>
    limits.flatMap((name) =>
      weighed(environment, inProduction, config.security.rate_limiting[name] === 0, {
        code: 'no_rate_limit',
        path: `security.rate_limiting.${name}`,
        message: limitMessages[name],
        write: `"${name}": ${limitDefaults[name]}`,
      }),
    ),
  ({ loaded: { config }, environment }) =>
    weighed(environment, onlyLive, !config.security.authentication.require_2fa, {
      code: 'no_second_factor',
      path: 'security.authentication.require_2fa',
      message: 'a password alone signs people in, administrators included',
      write: '"require_2fa": true',
    }),
  ({ loaded: { config }, environment }) =>
    weighed(
      environment,
      { development: null, staging: 'warnings', production: 'errors' },
      config.logging.level === 'DEBUG',
      {
        code: 'debug_in_production',
        path: 'logging.level',
        message: `debug lines tell too much for ${environment}`,
        write: '"level": "INFO"',
      },
    ),
  ({ loaded: { config }, environment }) =>
    weighed(
      environment,
      liveIssue,
      !(config.logging.structured_logging && config.logging.security_logging),
      {
        code: 'security_log_off',
        path: config.logging.structured_logging
          ? 'logging.security_logging'
          : 'logging.structured_logging',
        message: 'security events are not kept in a file of their own',
        write: '"structured_logging": true, "security_logging": true',
      },
    ),
  ({ loaded: { config }, environment }) =>
    weighed(
      environment,
      strictest,
      !/^(?:localhost$|::1$|127\.)/u.test(config.server.host) &&
        config.server.publicUrl?.startsWith('https:') !== true,
      {
        code: 'server_without_https',
        path: 'server.publicUrl',
        message: `the server listens on ${config.server.host}, and passwords and tokens would travel unencrypted`,
        write: '"publicUrl": "https://manager.example.com"',
      },
    ),
  ({ loaded: { config }, environment }) =>
    (['apiUrl', 'serverUrl'] as const).flatMap((name) =>
      weighed(environment, strictest, isPlainHttp(config.github[name]), {
        code: 'plain_http',
        path: `github.${name}`,
        message: 'the token would travel unencrypted',
        write: `"${name}": "${config.github[name].replace(/^http:/, 'https:')}"`,
      }),
    ),
  ({ loaded: { mode, file }, environment }) =>
    weighed(environment, inProduction, !isExample(file) && mode !== null && (mode & 0o022) !== 0, {
      code: 'file_writable',
      path: '',
      message: 'other users of this machine can change the configuration',
      write: `chmod 640 ${file}`,
    }),
  ({ loaded: { mode, file }, environment }) =>
    weighed(environment, onlyLive, !isExample(file) && mode !== null && (mode & 0o004) !== 0, {
      code: 'file_readable',
      path: '',
      message: 'every user of this machine can read the configuration',
      write: `chmod 640 ${file}`,
    }),
  ({ loaded: { config }, environment, machine: { vaultKey } }) =>
    weighed(
      environment,
      { development: 'warnings', staging: 'errors', production: 'errors' },
      vaultKey === 'missing' || vaultKey === 'open_to_others',
      {
        code: vaultKey === 'missing' ? 'vault_key_missing' : 'vault_key_open',
        path: 'security.vault.keyFile',
        message:
          vaultKey === 'missing'
            ? `there is no key of the vault at ${config.security.vault.keyFile}`
            : `other users of this machine can read the key of the vault at ${config.security.vault.keyFile}`,
        write:
          vaultKey === 'missing'
            ? `put the key there with mode 0600, or leave "keyFile" out: the first start then makes one in the data folder`
            : `chmod 600 ${config.security.vault.keyFile}`,
      },
    ),
  ({ loaded: { document } }) => secretsIn(document?.value, [], createRedactor(new Uint8Array(32))),
];

const limits = [
  'max_requests_per_minute',
  'violations_before_block',
  'max_requests_per_minute_per_address',
] as const;
const limitMessages = {
  max_requests_per_minute: 'clients are not limited',
  violations_before_block: 'a client that keeps breaking the limit is never blocked',
  max_requests_per_minute_per_address: 'one address is not limited, whoever signs in from it',
} as const;
const limitDefaults = {
  max_requests_per_minute: 60,
  violations_before_block: 3,
  max_requests_per_minute_per_address: 600,
} as const;

/** A file to copy from is read by everybody and used by nobody. */
function isExample(file: string | null): boolean {
  return file?.endsWith('.example') === true;
}

function isPlainHttp(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

const secretName = /(?:password|passwd|secret|token|api_?key|private_?key|credential)s?$/i;

/** Values that look like a secret, and any text under a name that promises one. */
function secretsIn(
  value: unknown,
  path: readonly string[],
  redactor: Redactor,
): readonly Complaint[] {
  if (typeof value === 'string') {
    const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
    const isNamed = path.includes('env') && secretName.test(name) && value !== '';
    return when(isNamed || redactor.kindsIn(value).length > 0, {
      weight: 'errors',
      code: 'secret_in_file',
      path: path.join('.'),
      message: 'this looks like a secret, and a configuration is read, copied and committed',
      write: 'put it into the environment and remove it here; then make a new one',
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    secretsIn(inner, [...path, name], redactor),
  );
}
