import type { ReactNode } from 'react';
import { Bone } from '../../parts/states.tsx';
import { ChartGrid } from './chart-grid.tsx';

/** Places of charts that are on their way, as high as they will be. */
export function ChartBones({ charts }: { readonly charts: number }): ReactNode {
  return (
    <ChartGrid>
      {Array.from({ length: charts }, (_, index) => (
        <div key={index} className="flex h-[228px] flex-col gap-2">
          <Bone width={14 + index * 2} />
          <Bone width={28} />
        </div>
      ))}
    </ChartGrid>
  );
}
