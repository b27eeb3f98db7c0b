import type { LoadedConfig } from './load-config.ts';
import type { ConfigRemarks, DeploymentEnvironment, Machine, Remark } from './remark.ts';
import { consistencyRules } from './rules/consistency.ts';
import { resourceRules } from './rules/resources.ts';
import { securityRules } from './rules/security.ts';

/** Runs every rule over a configuration that fits its schema; each remark has its place in the file. */
export function validateConfig(
  loaded: LoadedConfig,
  environment: DeploymentEnvironment,
  machine: Machine,
): ConfigRemarks {
  const remarks: Record<keyof ConfigRemarks, Remark[]> = {
    errors: [],
    securityIssues: [],
    warnings: [],
    performanceIssues: [],
    suggestions: [],
  };
  for (const rule of [...consistencyRules, ...securityRules, ...resourceRules]) {
    for (const { weight, ...complaint } of rule({ loaded, environment, machine }))
      remarks[weight].push({ ...complaint, ...placeOf(loaded, complaint.path) });
  }
  for (const { path, to, value, why } of loaded.retired)
    remarks.warnings.push({
      code: 'key_retired',
      path,
      message: `this key of the first generation is not read any more: ${why}`,
      write:
        to === null
          ? 'remove it (`claude-manager migrate` does)'
          : value === undefined
            ? `remove it, for ${to} is set as well`
            : `${to}: ${JSON.stringify(value)} (\`claude-manager migrate\` writes it)`,
      ...placeOf(loaded, path),
    });
  for (const message of loaded.warnings)
    remarks.warnings.push({
      code: 'variable_unknown',
      path: '',
      message,
      line: null,
      column: null,
      write: null,
    });
  return remarks;
}

function placeOf(
  { document }: LoadedConfig,
  path: string,
): { line: number | null; column: number | null } {
  if (document === null) return { line: null, column: null };
  const parts = path === '' ? [] : path.split('.');
  return document.valueAt(parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)));
}
