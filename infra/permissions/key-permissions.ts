import type { FunctionName, Use } from '#contract/functions.ts';
import {
  type KmsConditions,
  type KmsOwnKey,
  type KmsStatement,
  kmsStatements,
} from '#contract/kms-permissions.ts';
import { functionNames, specOf } from '../function-names.ts';

/** The uses of `functions.ts` that are of custody. */
export type KeyUse = Extract<Use, `keys:${string}`>;

export type KeySource = 'memory' | 'kms';

/** A statement for the policy of an own key, with the functions whose roles it is for. */
export interface OwnKeyGrant {
  ownKey: KmsOwnKey;
  sid: string;
  actions: readonly string[];
  conditions?: KmsConditions;
  functions: readonly FunctionName[];
}

/**
 * What a statement of `kms-permissions.ts` is for each use. Narrowed where the use is for less than the statement. To use an own key
 * takes finding it besides.
 */
const chosen: Readonly<Record<KeyUse, (statement: KmsStatement) => KmsStatement | undefined>> = {
  'keys:capabilities': () => undefined,
  'keys:public': (statement) => (opensReceipts(statement) ? statement : undefined),
  'keys:receipts': ofRole('receipts'),
  'keys:mac': ofRole('mac'),
  'keys:make-identity': (statement) => forPurpose('identity', ofRole('enroll')(statement)),
  'keys:make-encryption': (statement) => forPurpose('encryption', ofRole('enroll')(statement)),
  'keys:export': ofRole('export'),
  'keys:export-encryption': (statement) => forPurpose('encryption', ofRole('export')(statement)),
  'keys:resident': (statement) => without(discarding, ofRole('resident')(statement)),
  'keys:discard-resident': (statement) => only([...discarding, ...finding], ofRole('resident')(statement)),
  'keys:sweep': ofRole('sweep'),
};

const discarding = ['kms:ScheduleKeyDeletion', 'kms:DeleteAlias'];
const finding = ['kms:DescribeKey'];

/**
 * All that the functions may do with the own keys, for the keys' policies: one statement for those that may do the same.
 * @param keySource where exportable key pairs are made: in `memory`, KMS is asked for none
 */
export function ownKeyGrants(aliasPrefix: string, keySource: KeySource): OwnKeyGrant[] {
  const grants = new Map<string, OwnKeyGrant & { functions: FunctionName[] }>();
  for (const name of functionNames) {
    for (const statement of statementsFor(specOf(name).uses, aliasPrefix, keySource)) {
      const { ownKey, sid, actions, conditions } = statement;
      if (ownKey === undefined) continue;
      const grant = grants.get(sid) ?? { ownKey, sid, actions, conditions, functions: [] };
      grant.functions.push(name);
      grants.set(sid, grant);
    }
  }
  return [...grants.values()];
}

/** What a function may do by IAM: with keys that the service makes as they are needed, and that have no policy of ours. */
export function residentKeyStatements(uses: readonly Use[], aliasPrefix: string): KmsStatement[] {
  return statementsFor(uses, aliasPrefix, 'memory').filter(({ ownKey }) => ownKey === undefined);
}

/** Each statement once, whatever the number of uses that it serves. */
function statementsFor(uses: readonly Use[], aliasPrefix: string, keySource: KeySource): KmsStatement[] {
  const ofKeys = uses.filter(isKeyUse);
  if (ofKeys.length === 0) return [];
  const statements = kmsStatements(aliasPrefix).filter(({ actions }) => isWanted(actions, keySource));
  const bySid = new Map<string, KmsStatement>();
  for (const one of statements.flatMap((statement) => ofKeys.map((use) => chosen[use](statement)))) {
    if (one !== undefined) bySid.set(one.sid, merged(bySid.get(one.sid), one));
  }
  const used = new Set([...bySid.values()].map(({ ownKey }) => ownKey));
  const opening = statements.filter(({ role, ownKey }) => role === 'open' && used.has(ownKey));
  return [...new Map([...opening, ...bySid.values()].map((one) => [one.sid, one])).values()];
}

function opensReceipts({ role, ownKey }: KmsStatement): boolean {
  return role === 'open' && ownKey === 'receipts';
}

export function isKeyUse(use: Use): use is KeyUse {
  return Object.hasOwn(chosen, use);
}

function isWanted(actions: readonly string[], keySource: KeySource): boolean {
  return keySource === 'kms' || !actions.includes('kms:GenerateDataKeyPair');
}

/** Two uses may each have a part of a statement. */
function merged(one: KmsStatement | undefined, other: KmsStatement): KmsStatement {
  if (one === undefined) return other;
  return { ...other, actions: [...new Set([...one.actions, ...other.actions])] };
}

function ofRole(role: KmsStatement['role']) {
  return (statement: KmsStatement) => (statement.role === role ? statement : undefined);
}

/** Only with the purpose in the encryption context. */
function forPurpose(purpose: 'identity' | 'encryption', statement: KmsStatement | undefined) {
  if (statement === undefined) return undefined;
  const { sid, conditions } = statement;
  const equals = { ...conditions?.['StringEquals'], 'kms:EncryptionContext:purpose': [purpose] };
  const suffix = purpose === 'identity' ? 'OfIdentity' : 'OfEncryption';
  return { ...statement, sid: `${sid}${suffix}`, conditions: { ...conditions, StringEquals: equals } };
}

function only(actions: readonly string[], statement: KmsStatement | undefined) {
  return withActions(statement, (action) => actions.includes(action));
}

function without(actions: readonly string[], statement: KmsStatement | undefined) {
  return withActions(statement, (action) => !actions.includes(action));
}

function withActions(statement: KmsStatement | undefined, keep: (action: string) => boolean) {
  const actions = statement?.actions.filter(keep) ?? [];
  return statement === undefined || actions.length === 0 ? undefined : { ...statement, actions };
}
