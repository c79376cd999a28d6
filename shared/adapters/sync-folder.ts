import { open } from 'node:fs/promises';

/** Makes a created or removed name durable; a folder cannot be opened on Windows, and needs no such call there. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
