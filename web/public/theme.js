// Runs before the first paint, so that a chosen theme does not flash; the choice is made in the person menu.
(() => {
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's choice holds.
  }
})();
