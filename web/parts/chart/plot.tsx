import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData, SeriesTone } from './chart-data.ts';
import { colorVariable } from './chart-data.ts';
import { watchTheme } from './watch-theme.ts';

/** The drawing itself; loaded with the first chart. */
export function Plot({
  data,
  height,
  onPoint,
}: {
  readonly data: ChartData;
  readonly height: number;
  /** The index of the moment pointed at. */
  readonly onPoint: (index: number | null) => void;
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  // Every answer makes new objects; only other values are drawn anew.
  const [drawn, setDrawn] = useState(data);
  if (keyOf(data) !== keyOf(drawn)) setDrawn(data);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let plot = draw(element, drawn, height, onPoint);
    const unwatch = watchTheme(() => {
      plot.destroy();
      plot = draw(element, drawn, height, onPoint);
    });
    const sizes = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== plot.width) plot.setSize({ width, height });
    });
    sizes.observe(element);
    return () => {
      unwatch();
      sizes.disconnect();
      plot.destroy();
    };
  }, [drawn, height, onPoint]);
  return <div ref={place} className="h-full w-full overflow-hidden" />;
}

function keyOf({ at, series, shape, step, threshold }: ChartData): string {
  return JSON.stringify([at, series, shape, step, threshold]);
}

const lineWidth = 1.5;
const font =
  '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

function draw(
  element: HTMLDivElement,
  data: ChartData,
  height: number,
  onPoint: (index: number | null) => void,
): UPlot {
  const color = colorsOf(element);
  const { quiet, line } = { quiet: color('--quiet'), line: color('--line') };
  const isBars = data.shape === 'bars';
  const isUtc = data.step === 'day';
  const axis = {
    stroke: quiet,
    font,
    ticks: { show: false },
    grid: { stroke: line, width: 1 },
  };
  // The topmost of a stack is drawn first, and each next one before it.
  const series = isBars ? data.series.toReversed() : data.series;
  return new UPlot(
    {
      width: Math.max(1, Math.floor(element.clientWidth)),
      height,
      // Half of the longest word of a moment, which may stand at the very end.
      padding: [8, 28, 0, 0],
      legend: { show: false },
      ...(isUtc ? { tzDate: (at) => UPlot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7, show: !isBars },
      },
      scales: {
        x: { time: true, ...(isBars ? { range: withRoomForBars } : {}) },
        y: {
          range: (_plot, _low, high) => [0, niceTop(Math.max(high, data.threshold?.value ?? 0))],
        },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          gap: 6,
          space: 72,
          ...(isUtc ? { incrs: dayIncrements } : {}),
          values: (_plot, moments) => moments.map(momentWord(moments, isUtc)),
        },
        {
          ...axis,
          size: (_plot, values) =>
            14 + Math.max(0, ...(values ?? []).map((word) => word.length)) * 7,
          gap: 6,
          space: 36,
          ...(data.isWhole === true ? { incrs: wholeIncrements } : {}),
          values: (_plot, values) => values.map((value) => short(data.format(value))),
        },
      ],
      series: [
        {},
        ...series.map(({ name, tone = 'accent' }) => ({
          label: name,
          stroke: color(colorVariable[tone]),
          width: isBars ? 0 : lineWidth,
          // Told from the accent by more than its color.
          ...(tone === 'busy' && !isBars ? { dash: [5, 4] } : {}),
          ...(isBars
            ? {
                fill: color(colorVariable[tone]),
                ...bars(),
              }
            : {}),
          points: { size: 4, ...(isBars ? { show: false } : {}) },
        })),
      ],
      hooks: {
        setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
        draw: [(plot) => drawThreshold(plot, data, color)],
      },
    },
    valuesToDraw(data, isBars),
    element,
  );
}

function bars(): Pick<UPlot.Series, 'paths'> {
  const paths = UPlot.paths.bars?.({ size: [0.6, 28] });
  return paths === undefined ? {} : { paths };
}

/** Tokens as canvas can draw them: `light-dark()` is resolved by the style of an element, not by a canvas. */
function colorsOf(element: HTMLElement): (variable: string) => string {
  const probe = document.createElement('span');
  return (variable) => {
    element.append(probe);
    probe.style.color = `var(${variable})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

function valuesToDraw({ at, series }: ChartData, isBars: boolean): UPlot.AlignedData {
  const moments = at.map((moment) => moment.getTime() / 1000);
  if (!isBars) return [moments, ...series.map(({ values }) => [...values])];
  const sums = at.map(() => 0);
  const stacked = series.map(({ values }) =>
    at.map((_moment, index) => (sums[index] = (sums[index] ?? 0) + (values[index] ?? 0))),
  );
  return [moments, ...stacked.toReversed()];
}

const wholeIncrements = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];
const daySeconds = 86_400;
const dayIncrements = [1, 2, 3, 7, 14, 28, 91, 182, 365].map((days) => days * daySeconds);

/** Half a bar's place at both ends; a single bar stands in the middle. */
function withRoomForBars(plot: UPlot, low: number, high: number): [number, number] {
  const moments = plot.data[0];
  const gap = moments.length > 1 ? (high - low) / (moments.length - 1) : daySeconds;
  return [low - gap / 2, high + gap / 2];
}

/** The next round figure over a value, so that the highest point has a line of the grid over it. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

/** How moments below the axis are written: as days, or as times while all of them are of two days at most. */
function momentWord(moments: readonly number[], isUtc: boolean): (moment: number) => string {
  const span = (moments.at(-1) ?? 0) - (moments[0] ?? 0);
  const isTimes = !isUtc && span <= 2 * daySeconds;
  const format = new Intl.DateTimeFormat(
    undefined,
    isTimes
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short', ...(isUtc ? { timeZone: 'UTC' } : {}) },
  );
  return (moment) => format.format(new Date(moment * 1000));
}

/** `$5.00` as `$5`: an axis has round figures. */
function short(word: string): string {
  return word.replace(/[.]0+(?=\D|$)/u, '');
}

function drawThreshold(
  plot: UPlot,
  { threshold }: ChartData,
  color: (variable: string) => string,
): void {
  if (threshold === undefined) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(threshold.value, 'y', true)) + 0.5;
  const tone: SeriesTone = 'warn';
  ctx.save();
  ctx.strokeStyle = color(colorVariable[tone]);
  ctx.fillStyle = ctx.strokeStyle;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = font.replace('12px', `${12 * devicePixelRatio}px`);
  ctx.textAlign = 'right';
  const isAtTop = y - bbox.top < 18 * devicePixelRatio;
  ctx.textBaseline = isAtTop ? 'top' : 'bottom';
  ctx.fillText(
    threshold.word,
    bbox.left + bbox.width - 4 * devicePixelRatio,
    y + (isAtTop ? 3 : -3) * devicePixelRatio,
  );
  ctx.restore();
}
