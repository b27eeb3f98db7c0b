import { open } from 'node:fs/promises';

/** Makes names that were given or taken away in a folder outlive a cut of the power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
