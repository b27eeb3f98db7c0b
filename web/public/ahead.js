// Runs while the code of the dashboard is on its way: asks for what the address will need (the code of its page, who is
// signed in, and for the inbox its list), so that one waits for all of it together and not for one after the other.
(() => {
  const table = document.querySelector('#page-code')?.textContent;
  const path = location.pathname === '/' ? '/inbox' : location.pathname;
  const parts = path.split('/');
  for (const [pattern, files] of table ? JSON.parse(table) : []) {
    const wanted = pattern.split('/');
    const isThis =
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith('$') || part === parts[index]);
    if (!isThis) continue;
    for (const file of files) {
      const link = document.createElement('link');
      link.rel = 'modulepreload';
      link.href = file;
      document.head.append(link);
    }
  }
  if (['/sign-in', '/welcome'].includes(path)) return;
  const asked = new Map();
  const ask = (address) => {
    const headers = { accept: 'application/json', 'x-claude-manager': '1' };
    const answer = fetch(address, { headers, credentials: 'same-origin' });
    answer.catch(() => undefined);
    asked.set(address, answer);
  };
  ask('/api/v1/account');
  if (path === '/inbox' && location.search === '')
    ask('/api/v1/tasks?waiting=true&snoozed=hide&sort=rank&limit=100');
  window.askedAhead = asked;
})();
