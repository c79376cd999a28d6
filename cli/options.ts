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

/** The one enrollment that a command is about. */
export const enrollmentOperand = {
  name: 'ENROLLMENT',
  required: 'The id of one enrollment must be given, as escrow list shows it.',
} as const;

/** How a list goes on. */
export const pageOptions = {
  limit: { type: 'string', value: 'COUNT', says: 'how many at most, up to 200; 50 if not given' },
  cursor: { type: 'string', value: 'CURSOR', says: 'go on where an earlier page ended' },
  all: { type: 'boolean', says: 'every page, one after another; with --json one object a line' },
} as const;
