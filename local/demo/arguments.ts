import { readOptions } from '../arguments.ts';
import { keyOptions, keyOptionsHelp, readKeyChoice } from '../key-options.ts';
import type { KeyChoice } from '../open-keys.ts';

export interface DemoArguments extends KeyChoice {
  out: string;
  data: string;
  subscribers: string;
  /** One that this software brings, by name, or a folder. */
  policy: string;
  /** For `kms`: the stand-in, whatever of AWS is set up here. */
  standIn: boolean;
  json: boolean;
  help: boolean;
}

export const help = `Runs the main job on this machine: enroll, decide, make, escrow, prove, export.

  npm run demo -- [options]

  --out DIR                 where to leave files, ledger, summary   (default out)
  --data DIR                where the service keeps its data        (default .escrow-demo)
${keyOptionsHelp(28)}  --kms-stand-in            kms: the stand-in, though something of AWS is set up here
  --subscribers FILE        the list of subscribers, CSV            (default examples/subscribers.csv)
  --policy NAME|DIR         general, federal, or a folder with policy.cedar and tests.json  (default general)
  --json                    print the summary as JSON on stdout
  --help                    show this

Run it again on the same folders, also after it was killed: it continues. The two folders of a run belong together; to
start anew, remove both, or name new ones.

With --keys pkcs11 the token itself is asked to give up each key that must never leave it, and the demo fails if it does.
With --keys kms the keys are made at the endpoint that AWS_ENDPOINT_URL_KMS or AWS_ENDPOINT_URL names. Where nothing of AWS
is set up, a stand-in is started on this machine, which is not AWS and protects nothing; it ends with the demo. In AWS itself
keys cost money each month and take a week to delete: there the demo makes none unless --kms-prefix is given.

Exit status: 0 all went through, 1 it failed, 2 wrong usage, 3 some rows or requests were refused.
Examples:
  npm run demo
  npm run demo -- --keys pkcs11 --out out-token --data .escrow-token
  npm run demo -- --keys kms --out out-kms --data .escrow-kms
  npm run demo -- --policy federal --out out-federal --data .escrow-federal
  npm run demo -- --subscribers examples/broken.csv --out out-broken --data .escrow-broken
`;

/** Reads the command line. @throws SetUpError `usage` */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  const values = readOptions(args, {
    out: { type: 'string', default: 'out' },
    data: { type: 'string', default: '.escrow-demo' },
    ...keyOptions,
    'kms-stand-in': { type: 'boolean' },
    subscribers: { type: 'string', default: 'examples/subscribers.csv' },
    policy: { type: 'string', default: 'general' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { out, data, subscribers, policy, json, help: wantsHelp } = values;
  const standIn = values['kms-stand-in'] ?? false;
  return { ...readKeyChoice(values), out, data, subscribers, policy, standIn, json, help: wantsHelp };
}
