/** Loads what the page can be read without, once the browser has nothing else to do: after the page is drawn. */
export async function whenIdle<T>(load: () => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => {
    // Safari has no such callback.
    if ('requestIdleCallback' in window)
      requestIdleCallback(() => resolve(), { timeout: longestWaitMs });
    else setTimeout(resolve, 200);
  });
  return load();
}

const longestWaitMs = 1000;
