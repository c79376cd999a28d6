import { EscrowError } from '#domain/errors.ts';

/** What is read; undefined where it is not stored. Throws what reading throws otherwise. */
export async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof EscrowError && error.code === 'object-missing') return undefined;
    throw error;
  }
}
