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
    key.purpose === null ? 'not known to the service' : purposeWords[key.purpose],
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
    `  for         ${purpose === null ? 'not known to the service' : purposeWords[purpose]}`,
    `  key         ${kind}, ${spec ?? type}`,
    ...(publicKeySha256 === undefined ? [] : [`  public key  SPKI SHA-256 ${publicKeySha256}`]),
    `  kept        ${keptInWords(key)}`,
    ...attributeLines(key),
    `  may         ${uses.length === 0 ? 'nothing' : uses.join(', ')}`,
  ];
  return [...lines.map(printable), ...wrongLines([key])].join('\n');
}

/** Where a key comes from, and whether it can leave. */
export function keptInWords({
  madeInToken,
  extractable,
  sensitive,
  neverExtractable,
  alwaysSensitive,
}: JudgedKey): string {
  const origin =
    madeInToken === undefined ? 'of unknown origin' : madeInToken ? 'made in the token' : 'brought in';
  if (extractable === true) return `${origin}, CAN BE TAKEN OUT`;
  if (sensitive === false) return `${origin}, CAN BE READ`;
  if (extractable === undefined || sensitive === undefined)
    return `${origin}; whether it can leave is not told`;
  if (neverExtractable === true && alwaysSensitive === true) return `${origin}, never leaves it`;
  return `${origin}, never leaves it from then on`;
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
