import { useEffect } from 'react';

const reachable =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

/**
 * Keeps the place of who walks the page by keyboard: when what had the focus is gone (a row that was ended, a button whose
 * act is done), what came after it gets it, else what came before it, else the title.
 */
export function useKeepFocus(): void {
  useEffect(() => {
    let last: Element | null = null;
    let around: readonly HTMLElement[] = [];
    const note = ({ target }: FocusEvent): void => {
      const content = document.querySelector('#content');
      if (!(target instanceof HTMLElement) || content?.contains(target) !== true) return;
      last = target;
      const all = [...content.querySelectorAll<HTMLElement>(reachable)];
      const at = all.indexOf(target);
      around = at < 0 ? [] : [...all.slice(at + 1), ...all.slice(0, at).reverse()];
    };
    const mend = (): void => {
      if (last === null || last.isConnected || document.activeElement !== document.body) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      const next =
        around.find((one) => one.isConnected && one.checkVisibility()) ??
        document.querySelector<HTMLElement>('#content h1');
      last = null;
      next?.focus({ preventScroll: true });
    };
    const watch = new MutationObserver(mend);
    watch.observe(document.body, { childList: true, subtree: true });
    document.addEventListener('focusin', note);
    return () => {
      watch.disconnect();
      document.removeEventListener('focusin', note);
    };
  }, []);
}
