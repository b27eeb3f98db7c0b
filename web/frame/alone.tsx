import type { ReactNode } from 'react';
import { useEffect } from 'react';

/** A page without the frame: one narrow column under the name. */
export function Alone({
  title,
  about,
  children,
}: {
  readonly title: string;
  readonly about?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · Claude Manager`;
  }, [title]);
  return (
    <main className="flex min-h-dvh items-start justify-center px-4 py-[12dvh]">
      <div className="w-full max-w-[360px]">
        <div className="mb-8 flex items-center gap-2 font-semibold text-14">
          <img src="/icon.svg" alt="" width={22} height={22} />
          Claude Manager
        </div>
        <h1 className="font-semibold text-20">{title}</h1>
        {about === undefined ? null : <p className="mt-1 text-13 text-quiet">{about}</p>}
        <div className="mt-6 flex flex-col gap-4">{children}</div>
      </div>
    </main>
  );
}
