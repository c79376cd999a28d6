/** What every function starts from: a function that does nothing. */
export const handler = async (): Promise<void> => {};
