// Options that several commands share, each told in the same words.

export const jsonOption = { type: 'boolean', says: 'print what was found as JSON' } as const;

/** An option that names a file with a secret on one line. @param what as in `the file's password` */
export function passwordFileOption(what: string) {
  return {
    type: 'string',
    value: 'FILE',
    says: `${what}, on one line; - reads it from standard input. Without it you are asked.`,
  } as const;
}
