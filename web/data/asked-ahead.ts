declare global {
  interface Window {
    /** Answers that `public/ahead.js` asked for while the code was loaded, by their address. */
    askedAhead?: Map<string, Promise<Response>>;
  }
}

/** How long what was asked ahead may wait to be taken; afterwards it is asked anew. */
const freshMs = 5000;
const loadedAt = performance.now();

/** The global fetch, but for the first time that something is asked which was asked ahead: then its answer. */
export const fetchAhead: typeof fetch = async (address, init) => {
  const ahead = window.askedAhead;
  const isRead = init?.method === undefined || init.method === 'GET';
  if (ahead === undefined || !isRead || typeof address !== 'string') return fetch(address, init);
  const answer = ahead.get(address);
  ahead.delete(address);
  if (answer === undefined || performance.now() - loadedAt > freshMs) return fetch(address, init);
  return answer.catch(() => fetch(address, init));
};
