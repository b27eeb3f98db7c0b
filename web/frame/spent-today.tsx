import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { serviceStatus } from '../../src/operations/service/contract.ts';
import { useAsk } from '../data/data.tsx';
import { classNames } from '../parts/class-names.ts';
import { formatMoney } from '../parts/format.ts';

/** Money that agents spent or reserved today (UTC), of the day's budget. */
export function SpentToday(): ReactNode {
  const { data } = useAsk(serviceStatus, {}, { everyMs: 30_000 });
  if (data === undefined) return <span className="hidden h-5 w-[118px] md:block" />;
  const { spentTodayUsd, budgetTodayUsd } = data;
  const share = budgetTodayUsd === 0 ? 1 : spentTodayUsd / budgetTodayUsd;
  return (
    <Link
      to="/runs"
      className="hidden items-center gap-2 whitespace-nowrap rounded-6 px-2 py-1 text-13 text-quiet hover:bg-hover hover:text-text md:flex"
      title="Spent or reserved by agents today (UTC), of what all runs of a day may cost"
    >
      <span className={classNames('font-medium', share >= 0.8 ? 'text-warn' : 'text-text')}>
        {formatMoney(spentTodayUsd)}
      </span>
      of {formatMoney(budgetTodayUsd)} today
    </Link>
  );
}
