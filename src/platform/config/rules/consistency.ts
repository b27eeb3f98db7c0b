import { matchesGlob } from 'node:path';
import { type Complaint, type Rule, when } from '../remark.ts';
import { isFolder } from '../resolve-folders.ts';
import type { Config } from '../schema.ts';

const builtInAgents = ['claude-code', 'codex', 'claude-flow', 'terragon', 'demo'];

/** Whether the sections fit each other. */
export const consistencyRules: readonly Rule[] = [
  ({ loaded: { config } }) =>
    when(names(config).length === 0, {
      weight: 'warnings',
      code: 'no_repositories',
      path: 'github.reposToScan',
      message: 'no repository is named, so nothing is scanned',
      write: '"reposToScan": ["owner/name"]',
    }),
  ({ loaded: { config } }) =>
    when(watchesGithub(config) && config.github.managerRepo === null, {
      weight: 'errors',
      code: 'manager_missing',
      path: 'github.managerRepo',
      message: 'repositories on GitHub need a manager repository that takes their proposals',
      write: '"managerRepo": "owner/name"',
    }),
  ({ loaded: { config, secrets } }) =>
    when(
      (watchesGithub(config) || config.github.managerRepo !== null) &&
        secrets.githubToken === null &&
        config.github.app === null,
      {
        weight: 'warnings',
        code: 'token_missing',
        path: 'github',
        message: 'GITHUB_TOKEN is not set in this environment (the vault may hold it)',
        write: 'claude-manager credentials set GITHUB_TOKEN (never in the file)',
      },
    ),
  ({ loaded: { config } }) => unknownAgents(config),
  ({ loaded: { config } }) =>
    Object.entries(config.executor.agents).flatMap(([name, agent]) =>
      when(
        (agent.kind === 'command' || (agent.kind === undefined && !builtInAgents.includes(name))) &&
          agent.command === undefined,
        {
          weight: 'errors',
          code: 'agent_without_command',
          path: `executor.agents.${name}`,
          message: `agent "${name}" has no command to run`,
          write: '"command": ["program", "argument"]',
        },
      ),
    ),
  ({ loaded: { config } }) => budgets(config),
  ({ loaded: { config } }) =>
    when(config.executor.stallMinutes > config.executor.timeoutMinutes, {
      weight: 'warnings',
      code: 'stall_never',
      path: 'executor.stallMinutes',
      message: 'a run ends by timeoutMinutes before it can count as stalled',
      write: `"stallMinutes": ${Math.max(1, Math.floor(config.executor.timeoutMinutes / 3))}`,
    }),
  ({ loaded: { config } }) => shadowed(config),
  ({ loaded: { config } }) =>
    when(config.github.labels.approved === config.github.labels.proposal, {
      weight: 'errors',
      code: 'labels_equal',
      path: 'github.labels.approved',
      message: 'the label of a proposal would approve it',
      write: '"approved": "approved-for-dev"',
    }),
];

function names({ github, repositories }: Config): readonly string[] {
  return [...github.reposToScan, ...repositories.map(({ match }) => match)];
}

function watchesGithub({ github, repositories }: Config): boolean {
  return (
    github.reposToScan.some((name) => !isFolder(name)) ||
    repositories.some(({ host }) => host === 'github')
  );
}

function unknownAgents({ executor, repositories, github }: Config): readonly Complaint[] {
  const known = [...builtInAgents, ...Object.keys(executor.agents)];
  const asked: readonly (readonly [string, string | null])[] = [
    ['executor.default', executor.default],
    ...(executor.reviewer === null ? [] : [['executor.reviewer', executor.reviewer] as const]),
    ...repositories.map(({ agent }, index) => [`repositories.${index}.agent`, agent] as const),
    ...Object.entries(github.labels.agents).map(
      ([label, agent]) => [`github.labels.agents.${label}`, agent] as const,
    ),
  ];
  return asked.flatMap(([path, agent]) =>
    when(agent !== null && !known.includes(agent), {
      weight: 'errors',
      code: 'agent_unknown',
      path,
      message: `there is no agent "${agent}"`,
      write: `one of ${known.filter((name) => name !== 'demo').join(', ')}`,
    }),
  );
}

function budgets({ executor: { budget }, repositories }: Config): readonly Complaint[] {
  const places = [
    { path: 'executor.budget.perRunUsd', ...budget },
    ...repositories.map((entry, index) => ({
      path: `repositories.${index}.budget.perRunUsd`,
      perRunUsd: entry.budget?.perRunUsd ?? budget.perRunUsd,
      perDayUsd: entry.budget?.perDayUsd ?? budget.perDayUsd,
    })),
  ];
  return places.flatMap(({ path, perRunUsd, perDayUsd }, index) =>
    when(perRunUsd > perDayUsd && (index === 0 || repositories[index - 1]?.budget !== undefined), {
      weight: 'errors',
      code: 'budget_order',
      path,
      message: 'one run may cost more than a whole day, so no run could start',
      write: `"perRunUsd": ${perDayUsd}`,
    }),
  );
}

/** An entry that an earlier one makes useless. */
function shadowed({ repositories }: Config): readonly Complaint[] {
  return repositories.flatMap((entry, index) => {
    const earlier = repositories.findIndex(
      ({ match, exclude }) =>
        matchesGlob(entry.match.toLowerCase(), match.toLowerCase()) &&
        !exclude.some((pattern) => matchesGlob(entry.match.toLowerCase(), pattern.toLowerCase())),
    );
    return when(earlier !== -1 && earlier < index, {
      weight: 'warnings',
      code: 'entry_shadowed',
      path: `repositories.${index}.match`,
      message: `entry ${earlier + 1} already matches "${entry.match}", so this one is never used`,
      write: `move it before entry ${earlier + 1}`,
    });
  });
}
