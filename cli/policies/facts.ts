import { keySpecNames } from '#domain/key-spec.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { escrowKinds, lockKinds, policyActions, policyStages } from '#domain/policy.ts';
import type { PolicyFacts } from '#domain/policy-document.ts';
import { roles } from '#domain/principal.ts';
import { assurances, custodies, purposes } from '#domain/purpose.ts';
import { ArgumentsError, type Values } from '../command.ts';

const yesOrNo = ['yes', 'no'] as const;

/** The options that ask a policy one question. */
export const questionOptions = {
  action: {
    type: 'string',
    value: 'ACTION',
    says: `what is asked: ${policyActions.join(', ')}`,
    required: '--action must say what is asked.',
    words: policyActions,
  },
  purpose: {
    type: 'string',
    value: 'PURPOSE',
    says: `what the key is for: ${purposes.join(' or ')}`,
    required: '--purpose must say what the key is for.',
    words: purposes,
  },
  role: {
    type: 'string',
    multiple: true,
    value: 'ROLE',
    says: 'a role of whoever asks; several times for several, none if not given',
    words: roles,
  },
  group: { type: 'string', multiple: true, value: 'GROUP', says: 'a group of whoever asks' },
  subject: { type: 'string', value: 'SUBJECT', says: 'who asks' },
  subscriber: { type: 'string', value: 'SUBJECT', says: 'whose key it is' },
  assurance: {
    type: 'string',
    value: 'ASSURANCE',
    says: `${assurances.join(', ')}; medium if not given`,
    words: assurances,
  },
  custody: {
    type: 'string',
    value: 'CUSTODY',
    says: `where the key is kept: ${custodies.join(', ')}; pkcs11 if not given`,
    words: custodies,
  },
  'key-spec': {
    type: 'string',
    value: 'KEY-SPEC',
    says: 'its kind; RSA_2048 if not given',
    words: keySpecNames,
  },
  stage: {
    type: 'string',
    value: 'STAGE',
    says: `how far it is: ${policyStages.join(', ')}; made if --exportable is given, requested otherwise`,
    words: policyStages,
  },
  exportable: {
    type: 'string',
    value: 'YES-OR-NO',
    says: 'whether the key was made exportable; not known if not given',
    words: yesOrNo,
  },
  lock: { type: 'string', value: 'LOCK', says: `its lock: ${lockKinds.join(', ')}`, words: lockKinds },
  escrow: { type: 'string', value: 'ESCROW', says: escrowKinds.join(' or '), words: escrowKinds },
  profile: {
    type: 'string',
    value: 'PROFILE',
    says: `of the copy: ${pfxProfiles.join(', ')}; modern if not given`,
    words: pfxProfiles,
  },
  length: { type: 'string', value: 'COUNT', says: 'of the password, in characters; 0 if not given' },
  'third-party': {
    type: 'string',
    value: 'YES-OR-NO',
    says: 'whether a key is recovered for somebody other than its subscriber; yes if not given',
    words: yesOrNo,
  },
  agents: { type: 'string', value: 'COUNT', says: 'how many recovery agents agreed; 0 if not given' },
} as const;

type Options = Values<typeof questionOptions>;

/**
 * The question that the options ask.
 * @throws ArgumentsError if a count is none
 */
export function factsOf(values: Options): PolicyFacts {
  const { group, subject, subscriber } = values;
  const exportable = isYes(values.exportable);
  const thirdParty = isYes(values['third-party']);
  const length = countOf('--length', values.length);
  const agents = countOf('--agents', values.agents);
  return {
    action: oneOf(policyActions, values.action) ?? 'Enroll',
    purpose: oneOf(purposes, values.purpose) ?? 'identity',
    roles: roles.filter((role) => values.role?.includes(role)),
    ...wordsOf(values),
    ...(group !== undefined && { groups: group }),
    ...(subject !== undefined && { subject }),
    ...(subscriber !== undefined && { subscriber }),
    ...(exportable !== undefined && { exportable }),
    ...(thirdParty !== undefined && { thirdParty }),
    ...(length !== undefined && { length }),
    ...(agents !== undefined && { agents }),
  };
}

function wordsOf(values: Options): Partial<PolicyFacts> {
  const assurance = oneOf(assurances, values.assurance);
  const custody = oneOf(custodies, values.custody);
  const keySpec = oneOf(keySpecNames, values['key-spec']);
  const stage = oneOf(policyStages, values.stage);
  const lock = oneOf(lockKinds, values.lock);
  const escrow = oneOf(escrowKinds, values.escrow);
  const profile = oneOf(pfxProfiles, values.profile);
  return {
    ...(assurance !== undefined && { assurance }),
    ...(custody !== undefined && { custody }),
    ...(keySpec !== undefined && { keySpec }),
    ...(stage !== undefined && { stage }),
    ...(lock !== undefined && { lock }),
    ...(escrow !== undefined && { escrow }),
    ...(profile !== undefined && { profile }),
  };
}

/** The option's value as the word that it is; that it is one, the arguments were held to already. */
function oneOf<const W extends string>(words: readonly W[], value: string | undefined): W | undefined {
  return words.find((word) => word === value);
}

function isYes(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'yes';
}

function countOf(field: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,4}$/.test(value)) return Number(value);
  throw new ArgumentsError({ field, why: 'it is a whole number, up to 9999' });
}
