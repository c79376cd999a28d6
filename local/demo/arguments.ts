import { readKeySource, readOptions } from '../arguments.ts';
import type { KeySource } from '../open-keys.ts';

export interface DemoArguments {
  out: string;
  data: string;
  keys: KeySource;
  subscribers: string;
  json: boolean;
  help: boolean;
}

export const help = `Runs the main job on this machine: enroll, decide, make, escrow, prove, export.

  npm run demo -- [options]

  --out DIR           where to leave files and summary.json   (default out)
  --data DIR          where the service keeps its data        (default .escrow-demo)
  --keys SOURCE       software, or pkcs11: a SoftHSM token    (default software)
  --subscribers FILE  the list of subscribers, CSV            (default examples/subscribers.csv)
  --json              print the summary as JSON on stdout
  --help              show this

Run it again on the same folders, also after it was killed: it continues. The two folders of a run belong together; to
start anew, remove both, or name new ones.

Exit status: 0 all went through, 1 it failed, 2 wrong usage, 3 some rows or requests were refused.
Examples:
  npm run demo
  npm run demo -- --keys pkcs11 --out out-token --data .escrow-token
  npm run demo -- --subscribers examples/broken.csv --out out-broken --data .escrow-broken
`;

/** Reads the command line. @throws SetUpError `usage` */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  const values = readOptions(args, {
    out: { type: 'string', default: 'out' },
    data: { type: 'string', default: '.escrow-demo' },
    keys: { type: 'string', default: 'software' },
    subscribers: { type: 'string', default: 'examples/subscribers.csv' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  return { ...values, keys: readKeySource(values.keys) };
}
