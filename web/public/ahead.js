// Runs while the code of the dashboard is on its way: asks for what the address will need (the code of its page, who is
// signed in, what the page asks first), so that one waits for all of it together and not for one after the other.
(() => {
  const table = document.querySelector('#page-code')?.textContent;
  const path = location.pathname === '/' ? '/inbox' : location.pathname;
  const parts = path.split('/');
  const first = [];
  for (const [pattern, files, reads] of table ? JSON.parse(table) : []) {
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
    if (location.search === '') first.push(...reads);
  }
  if (['/sign-in', '/welcome'].includes(path)) return;
  const asked = new Map();
  const ask = (address) => {
    const headers = { accept: 'application/json', 'x-claude-manager': '1' };
    const answer = fetch(address, { headers, credentials: 'same-origin' });
    answer.catch(() => undefined);
    asked.set(address, answer);
  };
  for (const address of ['/api/v1/account', ...first]) ask(address);
  window.askedAhead = asked;
})();
