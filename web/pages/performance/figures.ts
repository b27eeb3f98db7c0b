const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const share = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** `0.42 ms`, `18 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  return ms >= 1000 ? `${three.format(ms / 1000)} s` : `${three.format(ms)} ms`;
}

/** Three digits, as many as can be read: `0.25`, `1,230`. */
export function formatFigure(value: number): string {
  return value >= 1000 ? three.format(Math.round(value)) : three.format(value);
}

export function formatShare(value: number): string {
  return share.format(value);
}

/** `212 MB`, `3.1 GB`. */
export function formatBytes(bytes: number): string {
  const mega = bytes / 1e6;
  return mega >= 1000 ? `${three.format(mega / 1000)} GB` : `${three.format(mega)} MB`;
}

/** `a minute`, `5 minutes`, `an hour`, `6 hours`, `a day`. */
export function stepWords(seconds: number): string {
  if (seconds < 3600) return seconds === 60 ? 'a minute' : `${seconds / 60} minutes`;
  if (seconds < 86_400) return seconds === 3600 ? 'an hour' : `${seconds / 3600} hours`;
  return seconds === 86_400 ? 'a day' : `${seconds / 86_400} days`;
}
