import type { Agent, Assignment } from '../../../domain/ports/agent.ts';
import type { AgentOptions, AgentParts } from '../agent-options.ts';
import { createClaudeCodeParser } from '../claude-code/parse-claude-code.ts';
import { probeVersion } from '../probe-version.ts';

/**
 * claude-flow (now ruflo) in an installed, pinned version; never fetched at run time. It starts the `claude` on PATH with
 * the target repository's settings and MCP servers, so a shim of that name stands before the real one and refuses them.
 * Its own folders are removed from the work tree unless they were there before. It reports success whatever happened.
 */
export function createClaudeFlow(name: string, options: AgentOptions, parts: AgentParts): Agent {
  const program = options.command ?? ['claude-flow'];
  return {
    name,
    cost: options.cost ?? 'metered',
    probe: (signal) => probeVersion(program, parts, 'npm install -g claude-flow', signal),
    command: ({ prompt, timeoutMs }: Assignment) => ({
      argv: ['/bin/sh', '-c', script, 'sh', prompt, ...program],
      env: {
        ANTHROPIC_BASE_URL: 'https://api.anthropic.com',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        CLAUDE_CODE_MAX_RETRIES: '2',
        API_TIMEOUT_MS: String(Math.min(timeoutMs, 600_000)),
        IS_SANDBOX: '1',
        ...options.env,
      },
      secrets: options.secrets ?? ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'],
      stdin: null,
      egress: options.egress ?? [],
      readable: options.readable ?? [],
      programs: [program[0] ?? 'claude-flow', 'claude'],
      ...(parts.baseDir === null ? {} : { baseDir: parts.baseDir }),
    }),
    parser: createClaudeCodeParser,
  };
}

/** Without `hive-mind init` the spawn prints an error and ends with code 0. */
const script = `
prompt=$1; shift
real=$(command -v claude) || { echo "The program claude is not on this machine." >&2; exit 127; }
mkdir -p "$HOME/bin"
cat > "$HOME/bin/claude" <<SHIM
#!/bin/sh
for argument do
  shift
  case "\\$argument" in --mcp-config=*) ;; *) set -- "\\$@" "\\$argument" ;; esac
done
exec "$real" --setting-sources user --strict-mcp-config "\\$@"
SHIM
chmod +x "$HOME/bin/claude"
PATH="$HOME/bin:$PATH"
[ -e .claude-flow ] || fresh_flow=1
[ -e .hive-mind ] || fresh_hive=1
"$@" hive-mind init >&2 || exit
"$@" hive-mind spawn --claude --non-interactive -o "$prompt" < /dev/null
code=$?
[ -z "$fresh_flow" ] || rm -rf .claude-flow
[ -z "$fresh_hive" ] || rm -rf .hive-mind
exit $code
`;
