import type { TokenName } from '#adapters/pkcs11/token.ts';
import { readKeySource, wrong } from './arguments.ts';
import type { KeyChoice } from './open-keys.ts';

/** The options that say where keys live, as `parseArgs` takes them. */
export const keyOptions = {
  keys: { type: 'string', default: 'software' },
  'token-module': { type: 'string' },
  'token-label': { type: 'string' },
  'token-serial': { type: 'string' },
  'token-pin': { type: 'string' },
  'kms-prefix': { type: 'string' },
  'kms-key-source': { type: 'string' },
} as const;

type KeyValues = { keys: string } & {
  [Name in Exclude<keyof typeof keyOptions, 'keys'>]?: string | undefined;
};

/** The lines of a help text that tell of them. @param column where what an option means begins */
export function keyOptionsHelp(column: number): string {
  const lines = [
    ['--keys SOURCE', 'software, pkcs11 or kms                  (default software)'],
    [
      '--token-module PATH',
      'pkcs11: the library of your token; without it a SoftHSM token in the data folder',
    ],
    ['--token-label LABEL', 'which token of the library; or --token-serial NUMBER'],
    ['--token-pin SOURCE', 'where its PIN is: file:PATH, env:NAME or secretsmanager:NAME[#FIELD]'],
    ['--kms-prefix NAME', 'kms: the aliases of its keys begin with alias/NAME/    (default escrow)'],
    ['--kms-key-source SOURCE', 'kms: exportable keys are made in memory, or by kms (default memory)'],
  ];
  return lines.map(([option = '', meaning]) => `  ${option.padEnd(column - 2)}${meaning}\n`).join('');
}

/** Reads where keys live. @throws SetUpError `usage` for what does not go together, or is not whole */
export function readKeyChoice(values: KeyValues): KeyChoice {
  const keys = readKeySource(values.keys);
  refuseOthers(values, keys === 'pkcs11' ? 'token-' : keys === 'kms' ? 'kms-' : 'none', keys);
  if (keys === 'kms') return { keys, kms: readKms(values) };
  if (values['token-module'] === undefined) {
    refuseOthers(values, 'none', 'pkcs11 without --token-module');
    return { keys };
  }
  return { keys, token: readToken(values, values['token-module']) };
}

/** An option of another source would do nothing, which is not what its writer thinks. */
function refuseOthers(values: KeyValues, prefix: string, keys: string): void {
  const foreign = Object.entries(values).find(
    ([name, value]) => /^(token|kms)-/.test(name) && value !== undefined && !name.startsWith(prefix),
  );
  if (foreign !== undefined) throw wrong(`--${foreign[0]}`, `does not go with --keys ${keys}`);
}

function readToken(values: KeyValues, module: string): NonNullable<KeyChoice['token']> {
  const pin = values['token-pin'];
  if (pin === undefined) throw wrong('--token-pin', 'must say where the PIN is, beside --token-module');
  return { module, token: readTokenName(values), pin };
}

function readTokenName(values: KeyValues): TokenName {
  const { 'token-label': label, 'token-serial': serial } = values;
  if (label !== undefined && serial !== undefined)
    throw wrong('--token-serial', 'or --token-label, not both');
  if (serial !== undefined) return { serial };
  if (label !== undefined) return { label };
  throw wrong('--token-label', 'or --token-serial must say which token, beside --token-module');
}

function readKms(values: KeyValues): NonNullable<KeyChoice['kms']> {
  const { 'kms-prefix': aliasPrefix, 'kms-key-source': keySource } = values;
  if (keySource !== undefined && keySource !== 'memory' && keySource !== 'kms') {
    throw wrong('--kms-key-source', 'must be memory or kms');
  }
  if (aliasPrefix !== undefined && !/^(?!aws)[a-zA-Z0-9_-]+(?:\/[a-zA-Z0-9_-]+)*$/.test(aliasPrefix)) {
    throw wrong(
      '--kms-prefix',
      'must be letters, digits, dash and underscore, in parts separated by /, and not begin with aws',
    );
  }
  return {
    ...(aliasPrefix !== undefined && { aliasPrefix }),
    ...(keySource !== undefined && { keySource }),
  };
}
