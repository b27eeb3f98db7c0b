import { createRedactor, type Redactor } from '../../redaction/redactor.ts';
import { type Complaint, type Rule, when } from '../remark.ts';

/** What lets a stranger in or a secret out; stricter in production. */
export const securityRules: readonly Rule[] = [
  ({ loaded: { config }, environment }) =>
    when(config.executor.allowUnsandboxed || config.executor.sandbox === 'none', {
      weight: environment === 'production' ? 'errors' : 'securityIssues',
      code: 'unsandboxed',
      path: config.executor.allowUnsandboxed ? 'executor.allowUnsandboxed' : 'executor.sandbox',
      message:
        'agents may run without a sandbox and can then do anything this user can, approving included',
      write: config.executor.allowUnsandboxed ? '"allowUnsandboxed": false' : '"sandbox": "auto"',
    }),
  ({ loaded: { config }, environment }) =>
    when(config.security.rate_limiting.max_requests_per_minute === 0, {
      weight: environment === 'production' ? 'errors' : 'securityIssues',
      code: 'no_rate_limit',
      path: 'security.rate_limiting.max_requests_per_minute',
      message: 'clients are not limited',
      write: '"max_requests_per_minute": 60',
    }),
  ({ loaded: { config }, environment }) =>
    when(environment === 'production' && !config.security.authentication.require_2fa, {
      weight: 'securityIssues',
      code: 'no_second_factor',
      path: 'security.authentication.require_2fa',
      message: 'a password alone signs people in',
      write: '"require_2fa": true',
    }),
  ({ loaded: { config }, environment }) =>
    when(environment === 'production' && config.logging.level === 'DEBUG', {
      weight: 'errors',
      code: 'debug_in_production',
      path: 'logging.level',
      message: 'debug lines tell too much for production',
      write: '"level": "INFO"',
    }),
  ({ loaded: { config }, environment }) =>
    when(
      environment === 'production' &&
        !(config.logging.structured_logging && config.logging.security_logging),
      {
        weight: 'securityIssues',
        code: 'security_log_off',
        path: config.logging.structured_logging
          ? 'logging.security_logging'
          : 'logging.structured_logging',
        message: 'security events are not kept in a file of their own',
        write: '"structured_logging": true, "security_logging": true',
      },
    ),
  ({ loaded: { config }, environment }) =>
    when(
      !/^(?:localhost$|::1$|127\.)/u.test(config.server.host) &&
        config.server.publicUrl?.startsWith('https:') !== true,
      {
        weight: environment === 'production' ? 'errors' : 'securityIssues',
        code: 'server_without_https',
        path: 'server.publicUrl',
        message: `the server listens on ${config.server.host}, and passwords and tokens would travel unencrypted`,
        write: '"publicUrl": "https://manager.example.com"',
      },
    ),
  ({ loaded: { config }, environment }) =>
    (['apiUrl', 'serverUrl'] as const).flatMap((name) =>
      when(isPlainHttp(config.github[name]), {
        weight: environment === 'production' ? 'errors' : 'securityIssues',
        code: 'plain_http',
        path: `github.${name}`,
        message: 'the token would travel unencrypted',
        write: `"${name}": "${config.github[name].replace(/^http:/, 'https:')}"`,
      }),
    ),
  ({ loaded: { mode, file }, environment }) =>
    when(mode !== null && (mode & 0o022) !== 0, {
      weight: environment === 'production' ? 'errors' : 'securityIssues',
      code: 'file_writable',
      path: '',
      message: 'other users of this machine can change the configuration',
      write: `chmod 640 ${file}`,
    }),
  ({ loaded: { mode, file }, environment }) =>
    when(environment === 'production' && mode !== null && (mode & 0o004) !== 0, {
      weight: 'securityIssues',
      code: 'file_readable',
      path: '',
      message: 'every user of this machine can read the configuration',
      write: `chmod 640 ${file}`,
    }),
  ({ loaded: { document } }) => secretsIn(document?.value, [], createRedactor(new Uint8Array(32))),
];

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
