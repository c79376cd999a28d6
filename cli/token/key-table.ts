import type { TokenFacts } from '#adapters/pkcs11/slots.ts';
import { printable } from '#domain/plain-words.ts';
import { type Column, table } from '../terminal/table.ts';
import { count } from '../views/enrollment.ts';
import { tokenInWords } from './choose-token.ts';
import { type JudgedKey, purposeWords } from './judged-key.ts';

/** So much of an id tells keys apart; it names a key to `escrow token show`. */
const idDigits = 12;

const columns: readonly Column[] = [
  { heading: 'ID' },
  { heading: 'LABEL', shortens: true },
  { heading: 'TYPE' },
  { heading: 'FOR', shortens: true },
  { heading: 'HOW IT IS KEPT', shortens: true },
];

/** The keys of a token, and loudly what is wrong with any. */
export function describeKeys(token: TokenFacts, keys: readonly JudgedKey[], width?: number): string {
  const rows = keys.map((key) => [
    key.id.slice(0, idDigits),
    key.label,
    key.spec ?? key.type,
    key.purpose === null ? 'not of the service' : purposeWords[key.purpose].short,
    keptInWords(key),
  ]);
  const shown =
    keys.length === 0 ? 'It holds no private and no secret key.' : table(columns, rows, { width });
  return [printable(tokenInWords(token)), '', shown, ...wrongLines(keys)].join('\n');
}

/** All that is known of one key. */
export function describeKey(key: JudgedKey): string {
  const { id, label, kind, type, spec, publicKeySha256, purpose, uses } = key;
  const lines = [
    `${label === '' ? '(no label)' : label}`,
    `  id          ${id === '' ? '(none)' : id}`,
    `  for         ${purpose === null ? 'not of the service' : purposeWords[purpose].full}`,
    `  key         ${kind}, ${spec ?? type}`,
    ...(publicKeySha256 === undefined ? [] : [`  public key  SPKI SHA-256 ${publicKeySha256}`]),
    `  kept        ${keptInWords(key)}`,
    ...attributeLines(key),
    `  may         ${uses.length === 0 ? 'nothing' : uses.join(', ')}`,
  ];
  return [...lines.map(printable), ...wrongLines([key])].join('\n');
}

/** Whether a key can leave, which stands first since a narrow terminal cuts the end; and where it comes from. */
export function keptInWords({ madeInToken, ...key }: JudgedKey): string {
  const origin = madeInToken === undefined ? 'of unknown origin' : madeInToken ? 'made inside' : 'brought in';
  return `${leaving(key)}, ${origin}`;
}

function leaving({
  extractable,
  sensitive,
  neverExtractable,
  alwaysSensitive,
}: Omit<JudgedKey, 'madeInToken'>): string {
  if (extractable === true) return 'CAN BE TAKEN OUT';
  if (sensitive === false) return 'CAN BE READ';
  if (extractable === undefined || sensitive === undefined) return 'not told whether it can leave';
  return neverExtractable === true && alwaysSensitive === true ? 'never leaves' : 'cannot leave any more';
}

function attributeLines({ extractable, sensitive, neverExtractable, alwaysSensitive }: JudgedKey): string[] {
  const told: readonly (readonly [boolean | undefined, string, string])[] = [
    [extractable, 'it can be taken out (CKA_EXTRACTABLE)', 'it cannot be taken out (CKA_EXTRACTABLE false)'],
    [sensitive, 'it cannot be read (CKA_SENSITIVE)', 'it can be read (CKA_SENSITIVE false)'],
    [
      neverExtractable,
      'it never could be taken out (CKA_NEVER_EXTRACTABLE)',
      'it could be taken out once, or came from outside (CKA_NEVER_EXTRACTABLE false)',
    ],
    [
      alwaysSensitive,
      'it never could be read (CKA_ALWAYS_SENSITIVE)',
      'it could be read once, or came from outside (CKA_ALWAYS_SENSITIVE false)',
    ],
  ];
  return told.flatMap(([value, yes, no]) =>
    value === undefined ? [] : [`              ${value ? yes : no}`],
  );
}

function wrongLines(keys: readonly JudgedKey[]): string[] {
  const wrong = keys.filter((key) => key.wrong.length > 0);
  if (wrong.length === 0) return [];
  return [
    '',
    `WRONG: ${count(wrong.length, 'key is', 'keys are')} not as the service makes them.`,
    ...wrong.flatMap(({ label, id, wrong: sentences }) =>
      sentences.map((each) => printable(`  ${label} ${id.slice(0, idDigits)}: ${each}`)),
    ),
  ];
}
