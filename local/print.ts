import { errorNumber, fileError } from '#domain/plain-words.ts';

/**
 * Prints on stdout what was asked for.
 * @throws StoreError `store-unavailable`, SetUpError `usage` if it takes nothing; a reader that has read enough is no error
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined || errorNumber(error) === 'EPIPE') resolve();
      else reject(fileError('standard output', error));
    });
  });
}
