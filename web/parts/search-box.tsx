import { Search } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';

/** How long a person pauses between letters. */
const pauseMs = 200;

/** Words to filter a list by; it is asked when the person pauses. */
export function SearchBox({
  label,
  value,
  onSearch,
}: {
  readonly label: string;
  readonly value: string;
  readonly onSearch: (words: string) => void;
}): ReactNode {
  const [words, setWords] = useState(value);
  useEffect(() => {
    if (words.trim() === value) return undefined;
    const timer = setTimeout(() => onSearch(words.trim()), pauseMs);
    return () => clearTimeout(timer);
  }, [words, value, onSearch]);
  return (
    <span className="relative">
      <Search
        aria-hidden
        size={14}
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-2 text-quiet"
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        className="h-8 w-[220px] max-w-full rounded-6 border border-line-strong bg-raised pr-2 pl-7 text-13 placeholder:text-quiet"
      />
    </span>
  );
}
