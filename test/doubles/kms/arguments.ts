import { parseArgs } from 'node:util';

export const help = `Runs a stand-in for AWS KMS on 127.0.0.1, until standard input ends (Ctrl+D). It is not AWS, and protects nothing.

  node_modules/.bin/node test/doubles/kms/main.ts [options]

  --folder DIR   where it keeps its keys, in clear    (default nowhere: they end with it)
  --port PORT    where to listen; 0 for any free port (default 0)
  --shell        print the variables that lead the AWS SDK here as lines for a shell, "export NAME='value'",
                 in place of one line of JSON: {"endpoint": ..., "environment": {...}}
  --help         show this
`;

export interface DoubleArguments {
  folder?: string;
  port: number;
  shell: boolean;
  help: boolean;
}

/** Reads the command line. @throws TypeError for what it cannot be, saying why */
export function parseDoubleArguments(args: readonly string[]): DoubleArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      folder: { type: 'string' },
      port: { type: 'string', default: '0' },
      shell: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { port, ...others } = values;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new TypeError('--port must be 0 to 65535');
  return { ...others, port: Number(port) };
}

/** Lines that set these variables in a POSIX shell and hand them on. */
export function shellLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
}
